package runtime;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;

/** Builds requests, signs and sends them. */
public final class Transport {
    private static final byte[] NOTHING = new byte[0];

    private final String endpoint;
    private final String region;
    private final String apiKey;
    private final Credentials credentials;
    private final Duration timeout;
    private final HttpClient client;

    public Transport(
            String endpoint,
            String region,
            String apiKey,
            Credentials credentials,
            Duration timeout,
            HttpClient client) {
        this.endpoint = endpoint.replaceAll("/+$", "");
        this.region = region;
        this.apiKey = apiKey;
        this.credentials = credentials;
        this.timeout = timeout;
        this.client = client != null
                ? client
                : HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    /** Sends a request; anything but 2xx is an {@link ApiException}. */
    public Answer send(Call call) {
        URI uri = URI.create(endpoint + call.target());
        byte[] body = call.body == null ? NOTHING : call.body;
        call.headers.putIfAbsent("Accept", "application/json");
        if (apiKey != null) {
            call.headers.putIfAbsent("x-api-key", apiKey);
        }
        if (credentials != null) {
            SigV4.sign(call.verb, uri, call.headers, body, credentials, region, Clock.systemUTC());
        }
        HttpRequest.BodyPublisher publisher = call.body == null
                ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofByteArray(body);
        HttpRequest.Builder request = HttpRequest.newBuilder(uri).method(call.verb, publisher);
        if (timeout != null) {
            request.timeout(timeout);
        }
        for (Map.Entry<String, String> header : call.headers.entrySet()) {
            request.setHeader(header.getKey(), header.getValue());
        }
        HttpResponse<String> response;
        try {
            response = client.send(
                    request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        } catch (IOException failed) {
            throw new ApiException("The API could not be reached: " + failed.getMessage(), failed);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ApiException("The call was interrupted", interrupted);
        }
        if (response.statusCode() / 100 != 2) {
            throw new ApiException(response.statusCode(), response.headers().map(), response.body());
        }
        return new Answer(response.statusCode(), response.headers().map(), response.body());
    }
}
