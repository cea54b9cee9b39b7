package dev.skep.cli;

import dev.skep.rewrite.RunnableProgram;
import java.util.List;
import java.util.Locale;

/** Dumps between the rows of {@code skep verify --dump}, under veristat's headings. */
final class ProgramDump {
  /** What can be dumped. */
  static final List<String> FORMS = List.of("xlated", "jited");

  private ProgramDump() {}

  static String text(String form, String object, RunnableProgram runnable) {
    String file = object.substring(object.lastIndexOf('/') + 1);
    String body =
        form.equals("xlated")
            ? new XlatedDump(runnable, false, false).text()
            : JitedDump.of(runnable, CodeTarget.LINUX, false, false).text();
    return "DUMP (%s) %s/%s:\n%s\n"
        .formatted(form.toUpperCase(Locale.ROOT), file, runnable.program().name(), body);
  }
}
