import com.jayway.jsonpath.Configuration;
import com.jayway.jsonpath.JsonPath;
import com.jayway.jsonpath.PathNotFoundException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import net.minidev.json.JSONStyle;
import net.minidev.json.JSONValue;

/**
 * Prints what Jayway's JsonPath answers, a JSON object a line. Arguments: the file of the documents (an object
 * of them by name) and the file of the paths (a line each: the document's name, a tab, the path).
 */
public class Answers {
    public static void main(String[] arguments) throws Exception {
        String documents = Files.readString(Path.of(arguments[0]), StandardCharsets.UTF_8);
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String line : Files.readAllLines(Path.of(arguments[1]), StandardCharsets.UTF_8)) {
            int tab = line.indexOf('\t');
            if (tab < 0 || line.startsWith("#")) {
                continue;
            }
            Map<String, Object> said = new LinkedHashMap<>();
            said.put("document", line.substring(0, tab));
            said.put("path", line.substring(tab + 1));
            answer(documents, said);
            out.println(JSONValue.toJSONString(said, JSONStyle.LT_COMPRESS));
        }
    }

    private static void answer(String documents, Map<String, Object> said) {
        // Parsed anew for each path, because append() changes the document that it reads; by the library's own
        // parser, which keeps the order of the members.
        Map<?, ?> all = (Map<?, ?>) Configuration.defaultConfiguration().jsonProvider().parse(documents);
        JsonPath path;
        try {
            path = JsonPath.compile((String) said.get("path"));
        } catch (RuntimeException refused) {
            said.put("answer", "invalid");
            return;
        }
        said.put("definite", path.isDefinite());
        try {
            Object value = path.read((Object) all.get(said.get("document")));
            said.put("answer", "value");
            said.put("value", value);
        } catch (PathNotFoundException missing) {
            said.put("answer", "missing");
        } catch (RuntimeException failed) {
            said.put("answer", "failed");
            said.put("why", String.valueOf(failed.getMessage()));
        }
    }
}
