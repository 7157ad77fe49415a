package runtime;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** JSON as maps, lists, texts, numbers, booleans and null. */
public final class Json {
    /** How deep values may be nested. */
    private static final int DEEPEST = 200;

    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** The value that a text is; an {@link IllegalArgumentException} if it is none. */
    public static Object read(String text) {
        Json json = new Json(text);
        Object value = json.value(0);
        json.blanks();
        if (json.at < text.length()) {
            throw json.wrong();
        }
        return value;
    }

    /** The text of a value. */
    public static String write(Object value) {
        StringBuilder text = new StringBuilder();
        write(value, text);
        return text.toString();
    }

    public static String string(Object value) {
        return value == null ? null : value instanceof String ? (String) value : write(value);
    }

    public static Long integer(Object value) {
        return value instanceof Number ? Long.valueOf(((Number) value).longValue()) : null;
    }

    public static Double number(Object value) {
        return value instanceof Number ? Double.valueOf(((Number) value).doubleValue()) : null;
    }

    public static Boolean bool(Object value) {
        return value instanceof Boolean ? (Boolean) value : null;
    }

    public static <T> List<T> list(Object value, Function<Object, T> read) {
        if (!(value instanceof List)) {
            return null;
        }
        List<T> list = new ArrayList<>();
        for (Object item : (List<?>) value) {
            list.add(read.apply(item));
        }
        return list;
    }

    public static Map<String, Object> map(Object value) {
        if (!(value instanceof Map)) {
            return null;
        }
        Map<String, Object> map = new LinkedHashMap<>();
        for (Map.Entry<?, ?> member : ((Map<?, ?>) value).entrySet()) {
            map.put(String.valueOf(member.getKey()), member.getValue());
        }
        return map;
    }

    private static void write(Object value, StringBuilder text) {
        if (value == null || value instanceof Boolean) {
            text.append(value);
        } else if (value instanceof Number) {
            double number = ((Number) value).doubleValue();
            boolean finite = !Double.isNaN(number) && !Double.isInfinite(number);
            text.append(finite ? value.toString() : "null");
        } else if (value instanceof JsonObject) {
            write(((JsonObject) value).toJson(), text);
        } else if (value instanceof Map) {
            char before = '{';
            for (Map.Entry<?, ?> member : ((Map<?, ?>) value).entrySet()) {
                text.append(before);
                write(String.valueOf(member.getKey()), text);
                text.append(':');
                write(member.getValue(), text);
                before = ',';
            }
            text.append(before == '{' ? "{}" : "}");
        } else if (value instanceof Iterable) {
            char before = '[';
            for (Object item : (Iterable<?>) value) {
                text.append(before);
                write(item, text);
                before = ',';
            }
            text.append(before == '[' ? "[]" : "]");
        } else {
            quote(value.toString(), text);
        }
    }

    private static void quote(String content, StringBuilder text) {
        text.append('"');
        for (int i = 0; i < content.length(); i++) {
            char c = content.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c < ' ' || Character.isSurrogate(c)) {
                text.append(String.format("\\u%04x", (int) c));
            } else {
                text.append(c);
            }
        }
        text.append('"');
    }

    private IllegalArgumentException wrong() {
        return new IllegalArgumentException("not JSON at character " + at);
    }

    private void blanks() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char next() {
        if (at >= text.length()) {
            throw wrong();
        }
        return text.charAt(at++);
    }

    /** Whether the next character that is no blank is {@code c}; if so it is passed. */
    private boolean passes(char c) {
        blanks();
        boolean passes = at < text.length() && text.charAt(at) == c;
        at += passes ? 1 : 0;
        return passes;
    }

    private Object value(int depth) {
        if (depth > DEEPEST) {
            throw wrong();
        }
        if (passes('{')) {
            return members(depth);
        }
        if (passes('[')) {
            return items(depth);
        }
        if (passes('"')) {
            return string();
        }
        int begin = at;
        while (at < text.length() && ",]} \t\r\n".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        return word(text.substring(begin, at));
    }

    private Object word(String word) {
        switch (word) {
            case "null":
                return null;
            case "true":
                return Boolean.TRUE;
            case "false":
                return Boolean.FALSE;
            default:
                break;
        }
        if (!word.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?")) {
            throw wrong();
        }
        if (word.matches("-?[0-9]{1,18}")) {
            return Long.valueOf(word);
        }
        return Double.valueOf(word);
    }

    private Map<String, Object> members(int depth) {
        Map<String, Object> members = new LinkedHashMap<>();
        if (passes('}')) {
            return members;
        }
        do {
            if (!passes('"')) {
                throw wrong();
            }
            String name = string();
            if (!passes(':')) {
                throw wrong();
            }
            members.put(name, value(depth + 1));
        } while (passes(','));
        if (!passes('}')) {
            throw wrong();
        }
        return members;
    }

    private List<Object> items(int depth) {
        List<Object> items = new ArrayList<>();
        if (passes(']')) {
            return items;
        }
        do {
            items.add(value(depth + 1));
        } while (passes(','));
        if (!passes(']')) {
            throw wrong();
        }
        return items;
    }

    private String string() {
        StringBuilder string = new StringBuilder();
        for (char c = next(); c != '"'; c = next()) {
            if (c < ' ') {
                throw wrong();
            }
            string.append(c == '\\' ? escaped() : c);
        }
        return string.toString();
    }

    private char escaped() {
        char c = next();
        switch (c) {
            case 'n':
                return '\n';
            case 't':
                return '\t';
            case 'r':
                return '\r';
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case '"':
            case '\\':
            case '/':
                return c;
            case 'u':
                if (at + 4 > text.length() || !text.substring(at, at + 4).matches("[0-9a-fA-F]{4}")) {
                    throw wrong();
                }
                at += 4;
                return (char) Integer.parseInt(text.substring(at - 4, at), 16);
            default:
                throw wrong();
        }
    }
}
