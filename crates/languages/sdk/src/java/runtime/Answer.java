package runtime;

import java.util.List;
import java.util.Map;

/** What the API answered. */
public class Answer {
    private final int statusCode;
    private final Map<String, List<String>> headers;
    private final String bodyText;

    public Answer(int statusCode, Map<String, List<String>> headers, String bodyText) {
        this.statusCode = statusCode;
        this.headers = headers;
        this.bodyText = bodyText;
    }

    protected Answer(Answer other) {
        this(other.statusCode, other.headers, other.bodyText);
    }

    public int getStatusCode() {
        return statusCode;
    }

    public Map<String, List<String>> getHeaders() {
        return headers;
    }

    public String getBodyText() {
        return bodyText;
    }

    /** The body as JSON: maps, lists, texts, numbers, booleans and null; null if it is no JSON. */
    public Object getJson() {
        try {
            return Json.read(bodyText);
        } catch (IllegalArgumentException notJson) {
            return null;
        }
    }
}
