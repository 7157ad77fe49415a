package runtime;

import java.util.List;
import java.util.Map;

/** An answer other than 2xx, or (with the status 0) none at all. */
public class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int statusCode;
    private final transient Map<String, List<String>> headers;
    private final String bodyText;

    public ApiException(String message, Throwable cause) {
        super(message, cause);
        this.statusCode = 0;
        this.headers = Map.of();
        this.bodyText = "";
    }

    public ApiException(int statusCode, Map<String, List<String>> headers, String bodyText) {
        super("The API answered " + statusCode + ": " + bodyText);
        this.statusCode = statusCode;
        this.headers = headers;
        this.bodyText = bodyText;
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
}
