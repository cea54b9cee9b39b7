package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.cli.json.Json;
import dev.skep.linux.Feature;
import dev.skep.linux.KernelConfig;
import dev.skep.linux.KernelFacts;
import dev.skep.linux.KernelFeatures;
import dev.skep.program.Helpers;
import dev.skep.program.MapType;
import dev.skep.program.ProgramType;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the running kernel can do, as text and as JSON. */
final class FeatureReport {
  private final KernelFeatures kernel = KernelFeatures.host();
  private final Map<String, @Nullable Long> limits = KernelSettings.numbers();
  private final KernelConfig config = KernelFacts.read().config();
  private final boolean noHelpers;

  FeatureReport(boolean noHelpers) {
    this.noHelpers = noHelpers;
  }

  void text(PrintWriter out) {
    out.println("Scanning system configuration...");
    limits.forEach((name, value) -> out.println(KernelSettings.sentence(name, value)));
    for (String name : KernelSettings.BUILD) {
      String value = config.value(name);
      out.println(name + (value == null ? " is not set" : " is set to " + value));
    }
    out.println("\nScanning system call availability...\nbpf() syscall is available");
    out.println("\nScanning eBPF program types...");
    for (ProgramType type : ProgramType.values()) {
      if (type != ProgramType.UNSPEC) {
        out.println("eBPF program_type " + type.text() + there(kernel.has(type)));
      }
    }
    out.println("\nScanning eBPF map types...");
    for (MapType type : MapType.values()) {
      if (type != MapType.UNSPEC) {
        out.println("eBPF map_type " + type.text() + there(kernel.has(type)));
      }
    }
    if (!noHelpers) {
      helpers(out);
    }
    out.println("\nScanning miscellaneous eBPF features...");
    out.println("Large program size limit" + there(kernel.hasLargePrograms()));
    out.println("Bounded loop support" + there(kernel.hasBoundedLoops()));
    for (int version = 2; version <= 4; version++) {
      out.println("ISA extension v" + version + there(kernel.hasInstructionSet(version)));
    }
    out.println("\nScanning features that loaders ask for...");
    for (Feature feature : Feature.values()) {
      out.println(feature.text() + there(kernel.has(feature)) + ": " + feature.meaning());
    }
  }

  private static String there(boolean available) {
    return available ? " is available" : " is NOT available";
  }

  private void helpers(PrintWriter out) {
    out.println("\nScanning eBPF helper functions...");
    for (ProgramType type : ProgramType.values()) {
      if (type == ProgramType.UNSPEC) {
        continue;
      }
      out.println("eBPF helpers supported for program type " + type.text() + ":");
      boolean any = false;
      for (int helper = 1; helper < Helpers.COUNT; helper++) {
        if (kernel.hasHelper(type, helper)) {
          out.println("\t- bpf_" + Helpers.name(helper));
          any = true;
        }
      }
      if (!any) {
        out.println(isBound(type) ? "\tCould not determine which helpers are available" : "\tNone");
      }
    }
  }

  /** Programs that cannot be loaded without something to attach to. */
  private static boolean isBound(ProgramType type) {
    return switch (type) {
      case TRACING, LSM, EXT, STRUCT_OPS -> true;
      default -> false;
    };
  }

  String json(boolean pretty) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = Json.FACTORY.createGenerator(text)) {
      if (pretty) {
        json.useDefaultPrettyPrinter();
      }
      json.writeStartObject();
      systemConfig(json);
      json.writeObjectFieldStart("syscall_config");
      json.writeBooleanField("have_bpf_syscall", true);
      json.writeEndObject();
      types(json);
      if (!noHelpers) {
        helpers(json);
      }
      misc(json);
      json.writeObjectFieldStart("loader");
      for (Feature feature : Feature.values()) {
        json.writeBooleanField("have_" + feature.text(), kernel.has(feature));
      }
      json.writeEndObject();
      json.writeEndObject();
    }
    return text.toString();
  }

  private void systemConfig(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("system_config");
    for (Map.Entry<String, @Nullable Long> limit : limits.entrySet()) {
      Long value = limit.getValue();
      if (value == null) {
        json.writeNullField(limit.getKey());
      } else {
        json.writeNumberField(limit.getKey(), value);
      }
    }
    for (String name : KernelSettings.BUILD) {
      json.writeStringField(name, config.value(name));
    }
    json.writeEndObject();
  }

  private void types(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("program_types");
    for (ProgramType type : ProgramType.values()) {
      if (type != ProgramType.UNSPEC) {
        json.writeBooleanField("have_" + type.text() + "_prog_type", kernel.has(type));
      }
    }
    json.writeEndObject();
    json.writeObjectFieldStart("map_types");
    for (MapType type : MapType.values()) {
      if (type != MapType.UNSPEC) {
        json.writeBooleanField("have_" + type.text() + "_map_type", kernel.has(type));
      }
    }
    json.writeEndObject();
  }

  private void helpers(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("helpers");
    for (ProgramType type : ProgramType.values()) {
      if (type == ProgramType.UNSPEC) {
        continue;
      }
      json.writeArrayFieldStart(type.text() + "_available_helpers");
      for (int helper = 1; helper < Helpers.COUNT; helper++) {
        if (kernel.hasHelper(type, helper)) {
          json.writeString("bpf_" + Helpers.name(helper));
        }
      }
      json.writeEndArray();
    }
    json.writeEndObject();
  }

  private void misc(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("misc");
    json.writeBooleanField("have_large_insn_limit", kernel.hasLargePrograms());
    json.writeBooleanField("have_bounded_loops", kernel.hasBoundedLoops());
    for (int version = 2; version <= 4; version++) {
      json.writeBooleanField(
          "have_v" + version + "_isa_extension", kernel.hasInstructionSet(version));
    }
    json.writeEndObject();
  }
}
