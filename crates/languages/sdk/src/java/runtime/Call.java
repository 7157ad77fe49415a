package runtime;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A request in the making. */
public final class Call {
    final String verb;
    final List<String> query = new ArrayList<>();
    final Map<String, String> headers = new LinkedHashMap<>();
    byte[] body;
    private String path;

    public Call(String verb, String path) {
        this.verb = verb;
        this.path = path;
    }

    /** Fills in a variable of the path. A greedy one keeps its slashes. */
    public Call path(String name, String value) {
        if (value == null) {
            throw new IllegalArgumentException("Missing required parameter: " + name);
        }
        StringBuilder filled = new StringBuilder();
        String[] parts = value.split("/", -1);
        for (int at = 0; at < parts.length; at++) {
            filled.append(at > 0 ? "/" : "").append(encode(parts[at]));
        }
        path = path.replace("{" + name + "+}", filled).replace("{" + name + "}", encode(value));
        return this;
    }

    public Call query(String name, String value, boolean required) {
        if (check(name, value, required)) {
            query.add(encode(name) + "=" + encode(value));
        }
        return this;
    }

    public Call header(String name, String value, boolean required) {
        if (check(name, value, required)) {
            headers.put(name, value);
        }
        return this;
    }

    /** The body: text and bytes as they are, anything else as JSON. */
    public Call body(String contentType, Object value) {
        if (value != null) {
            headers.putIfAbsent("Content-Type", contentType);
            if (value instanceof byte[]) {
                body = (byte[]) value;
            } else {
                String text = value instanceof String ? (String) value : Json.write(value);
                body = text.getBytes(StandardCharsets.UTF_8);
            }
        }
        return this;
    }

    String target() {
        return path + (query.isEmpty() ? "" : "?" + String.join("&", query));
    }

    private static boolean check(String name, String value, boolean required) {
        if (value == null && required) {
            throw new IllegalArgumentException("Missing required parameter: " + name);
        }
        return value != null;
    }

    /** Percent-encodes all but letters, digits and {@code -._~}. */
    static String encode(String text) {
        StringBuilder encoded = new StringBuilder();
        for (byte unit : text.getBytes(StandardCharsets.UTF_8)) {
            int c = unit & 0xff;
            boolean letter = c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9';
            if (letter || c == '-' || c == '.' || c == '_' || c == '~') {
                encoded.append((char) c);
            } else {
                encoded.append(String.format("%%%02X", c));
            }
        }
        return encoded.toString();
    }
}
