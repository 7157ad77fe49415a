package runtime;

/** AWS credentials. The session token may be null. */
public final class Credentials {
    final String accessKey;
    final String secretKey;
    final String sessionToken;

    public Credentials(String accessKey, String secretKey, String sessionToken) {
        this.accessKey = accessKey;
        this.secretKey = secretKey;
        this.sessionToken = sessionToken;
    }
}
