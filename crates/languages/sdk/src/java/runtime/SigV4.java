package runtime;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** AWS Signature Version 4 for {@code execute-api}. */
final class SigV4 {
    private static final DateTimeFormatter MOMENT =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private SigV4() {}

    /** Adds the headers with which the request is signed. */
    static void sign(
            String verb,
            URI uri,
            Map<String, String> headers,
            byte[] body,
            Credentials credentials,
            String region,
            Clock clock) {
        String moment = MOMENT.format(clock.instant());
        String day = moment.substring(0, 8);
        String scope = day + "/" + region + "/execute-api/aws4_request";
        headers.put("X-Amz-Date", moment);
        if (credentials.sessionToken != null) {
            headers.put("X-Amz-Security-Token", credentials.sessionToken);
        }
        Map<String, String> signed = new TreeMap<>();
        signed.put("host", uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort()));
        for (Map.Entry<String, String> header : headers.entrySet()) {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            if (name.equals("content-type") || name.startsWith("x-amz-")) {
                signed.put(name, header.getValue().trim().replaceAll(" +", " "));
            }
        }
        StringBuilder lines = new StringBuilder();
        signed.forEach((name, value) -> lines.append(name).append(':').append(value).append('\n'));
        String names = String.join(";", signed.keySet());
        String canonical = verb + "\n" + path(uri) + "\n" + query(uri) + "\n" + lines + "\n" + names + "\n"
                + sha256(body);
        String text = "AWS4-HMAC-SHA256\n" + moment + "\n" + scope + "\n" + sha256(bytes(canonical));
        byte[] key = bytes("AWS4" + credentials.secretKey);
        for (String part : new String[] {day, region, "execute-api", "aws4_request"}) {
            key = hmac(key, part);
        }
        headers.put("Authorization", "AWS4-HMAC-SHA256 Credential=" + credentials.accessKey + "/" + scope
                + ", SignedHeaders=" + names + ", Signature=" + hex(hmac(key, text)));
    }

    private static String path(URI uri) {
        List<String> parts = new ArrayList<>();
        for (String part : uri.getRawPath().split("/", -1)) {
            parts.add(Call.encode(part));
        }
        String path = String.join("/", parts);
        return path.isEmpty() ? "/" : path;
    }

    private static String query(URI uri) {
        if (uri.getRawQuery() == null) {
            return "";
        }
        List<String[]> pairs = new ArrayList<>();
        for (String pair : uri.getRawQuery().split("&")) {
            pairs.add(Arrays.copyOf(pair.split("=", 2), 2));
        }
        pairs.sort((a, b) -> a[0].equals(b[0]) ? a[1].compareTo(b[1]) : a[0].compareTo(b[0]));
        List<String> sorted = new ArrayList<>();
        pairs.forEach(pair -> sorted.add(pair[0] + "=" + pair[1]));
        return String.join("&", Collections.unmodifiableList(sorted));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String sha256(byte[] bytes) {
        try {
            return hex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException(missing);
        }
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(bytes(text));
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException(missing);
        }
    }

    private static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte unit : bytes) {
            text.append(String.format("%02x", unit));
        }
        return text.toString();
    }
}
