package runtime;

import java.util.Map;

/** What is an object in JSON. */
public interface JsonObject {
    /** Its members; those that are null are left out. */
    Map<String, Object> toJson();
}
