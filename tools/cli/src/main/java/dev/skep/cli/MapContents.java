package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.engine.BpfMap;
import dev.skep.engine.MapEntries;
import dev.skep.errors.BpfErrnoException;
import java.io.IOException;
import java.util.List;

/** The elements of maps as hex, in iteration order. */
final class MapContents {
  private MapContents() {}

  /** Writes the field {@code maps}: per map a list of [key, value]. */
  static void write(JsonGenerator json, List<BpfMap> maps) throws IOException {
    json.writeArrayFieldStart("maps");
    for (BpfMap map : maps) {
      json.writeStartArray();
      try {
        writeElements(json, map);
      } catch (BpfErrnoException e) {
        // A map without elements for user space (a ring buffer) has none to show.
        json.writeNull();
      }
      json.writeEndArray();
    }
    json.writeEndArray();
  }

  private static void writeElements(JsonGenerator json, BpfMap map) throws IOException {
    for (MapEntries.Entry entry : MapEntries.of(map)) {
      json.writeStartArray();
      json.writeString(Hex.of(entry.key()));
      json.writeString(Hex.of(entry.value()));
      json.writeEndArray();
    }
  }
}
