import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.velocity.VelocityContext;
import org.apache.velocity.runtime.RuntimeConstants;
import org.apache.velocity.runtime.RuntimeInstance;
import org.apache.velocity.runtime.log.NullLogChute;
import org.apache.velocity.runtime.parser.ParseException;
import org.apache.velocity.context.InternalContextAdapterImpl;

/**
 * What Apache Velocity 1.7 makes of templates. Reads files of cases and writes them again
 * with their outcome: {"template": …, "context": {…}} gets "expected": text, or
 * "refused": "compile" or "run".
 */
public final class Oracle {
    public static void main(String[] files) throws Exception {
        for (String file : files) {
            Path path = Path.of(file);
            List<?> cases = (List<?>) new Reader(Files.readString(path)).value();
            StringBuilder out = new StringBuilder("[\n");
            for (int i = 0; i < cases.size(); i++) {
                @SuppressWarnings("unchecked")
                Map<String, Object> one = (Map<String, Object>) cases.get(i);
                judge(one);
                write(one, out);
                out.append(i + 1 < cases.size() ? ",\n" : "\n");
            }
            Files.writeString(path, out.append("]\n").toString(), StandardCharsets.UTF_8);
        }
    }

    private static void judge(Map<String, Object> one) {
        one.remove("expected");
        one.remove("refused");
        String template = (String) one.get("template");
        try {
            // Initialising a tree changes it, so that this one is not the one to render.
            RuntimeInstance velocity = velocity();
            InternalContextAdapterImpl adapter = new InternalContextAdapterImpl(new VelocityContext());
            adapter.pushCurrentTemplateName("case");
            velocity.parse(new StringReader(template), "case").init(adapter, velocity);
        } catch (ParseException | RuntimeException error) {
            one.put("refused", "compile");
            return;
        }
        try {
            VelocityContext context = new VelocityContext();
            if (one.get("context") instanceof Map<?, ?> map) {
                map.forEach((name, value) -> context.put((String) name, copy(value)));
            }
            RuntimeInstance velocity = velocity();
            StringWriter writer = new StringWriter();
            velocity.render(context, writer, "case", velocity.parse(new StringReader(template), "case"));
            one.put("expected", writer.toString());
        } catch (ParseException | RuntimeException | StackOverflowError error) {
            one.put("refused", "run");
        }
    }

    private static RuntimeInstance velocity() {
        RuntimeInstance velocity = new RuntimeInstance();
        velocity.setProperty(RuntimeConstants.RUNTIME_LOG_LOGSYSTEM, new NullLogChute());
        velocity.setProperty("parser.pool.size", "1");
        velocity.init();
        return velocity;
    }

    /** Templates change what they are given; the case keeps its own. */
    private static Object copy(Object value) {
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> copied = new LinkedHashMap<>();
            map.forEach((name, member) -> copied.put(name, copy(member)));
            return copied;
        }
        if (value instanceof List<?> list) {
            List<Object> copied = new ArrayList<>();
            list.forEach(element -> copied.add(copy(element)));
            return copied;
        }
        return value;
    }

    private static void write(Object value, StringBuilder out) {
        if (value instanceof Map<?, ?> map) {
            String between = "{";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                out.append(between);
                write(entry.getKey(), out);
                out.append(": ");
                write(entry.getValue(), out);
                between = ", ";
            }
            out.append(map.isEmpty() ? "{}" : "}");
        } else if (value instanceof List<?> list) {
            String between = "[";
            for (Object element : list) {
                out.append(between);
                write(element, out);
                between = ", ";
            }
            out.append(list.isEmpty() ? "[]" : "]");
        } else if (value instanceof String text) {
            out.append('"');
            for (char c : text.toCharArray()) {
                if (c == '"' || c == '\\') {
                    out.append('\\').append(c);
                } else if (c == '\n') {
                    out.append("\\n");
                } else if (c < ' ' || (c >= 0xD800 && c < 0xE000)) {
                    out.append(String.format("\\u%04x", (int) c));
                } else {
                    out.append(c);
                }
            }
            out.append('"');
        } else {
            out.append(value);
        }
    }

    /** A reader of JSON: objects are LinkedHashMap, arrays ArrayList, numbers as small as they can be. */
    private static final class Reader {
        private final String text;
        private int at;

        Reader(String text) {
            this.text = text;
        }

        Object value() throws IOException {
            blank();
            char c = text.charAt(at);
            if (c == '{') {
                Map<String, Object> map = new LinkedHashMap<>();
                for (at++, blank(); text.charAt(at) != '}'; comma('}')) {
                    String name = (String) value();
                    blank();
                    at++;
                    map.put(name, value());
                }
                at++;
                return map;
            }
            if (c == '[') {
                List<Object> list = new ArrayList<>();
                for (at++, blank(); text.charAt(at) != ']'; comma(']')) {
                    list.add(value());
                }
                at++;
                return list;
            }
            if (c == '"') {
                return string();
            }
            int start = at;
            while (at < text.length() && "+-.".indexOf(text.charAt(at)) + 1 + (Character.isLetterOrDigit(text.charAt(at)) ? 1 : 0) > 0) {
                at++;
            }
            String word = text.substring(start, at);
            switch (word) {
                case "true": return true;
                case "false": return false;
                case "null": return null;
                default: return number(word);
            }
        }

        private static Object number(String word) {
            if (word.indexOf('.') >= 0 || word.indexOf('e') >= 0 || word.indexOf('E') >= 0) {
                return Double.valueOf(word);
            }
            BigInteger whole = new BigInteger(word);
            if (whole.bitLength() < 32) {
                return whole.intValue();
            }
            if (whole.bitLength() < 64) {
                return whole.longValue();
            }
            return whole;
        }

        private String string() {
            StringBuilder out = new StringBuilder();
            for (at++; text.charAt(at) != '"'; at++) {
                char c = text.charAt(at);
                if (c != '\\') {
                    out.append(c);
                    continue;
                }
                c = text.charAt(++at);
                switch (c) {
                    case 'n': out.append('\n'); break;
                    case 't': out.append('\t'); break;
                    case 'r': out.append('\r'); break;
                    case 'b': out.append('\b'); break;
                    case 'f': out.append('\f'); break;
                    case 'u':
                        out.append((char) Integer.parseInt(text.substring(at + 1, at + 5), 16));
                        at += 4;
                        break;
                    default: out.append(c);
                }
            }
            at++;
            return out.toString();
        }

        private void comma(char end) {
            blank();
            if (text.charAt(at) != end) {
                at++;
                blank();
            }
        }

        private void blank() {
            while (Character.isWhitespace(text.charAt(at))) {
                at++;
            }
        }
    }
}
