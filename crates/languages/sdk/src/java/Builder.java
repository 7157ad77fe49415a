
import RUNTIME.Credentials;
import RUNTIME.Transport;
import java.net.http.HttpClient;
import java.time.Duration;

public final class SERVICEBuilder {
    private String endpoint = "ENDPOINT";
    private String region = "REGION";
    private String apiKey;
    private Credentials credentials;
    private Duration timeout;
    private HttpClient httpClient;

    SERVICEBuilder() {}

    /** Where the stage is, if not where it was when this client was made. */
    public SERVICEBuilder endpoint(String value) {
        this.endpoint = value;
        return this;
    }

    /** The region to sign for. */
    public SERVICEBuilder region(String value) {
        this.region = value;
        return this;
    }

    /** Goes into {@code x-api-key}. */
    public SERVICEBuilder apiKey(String value) {
        this.apiKey = value;
        return this;
    }

    /** Has every request signed. */
    public SERVICEBuilder credentials(Credentials value) {
        this.credentials = value;
        return this;
    }

    /** How long an answer may take. */
    public SERVICEBuilder timeout(Duration value) {
        this.timeout = value;
        return this;
    }

    /** What sends requests. */
    public SERVICEBuilder httpClient(HttpClient value) {
        this.httpClient = value;
        return this;
    }

    public SERVICE build() {
        return new SERVICEClient(
                new Transport(endpoint, region, apiKey, credentials, timeout, httpClient));
    }
}
