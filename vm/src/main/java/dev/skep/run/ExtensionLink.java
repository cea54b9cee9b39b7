package dev.skep.run;

import dev.skep.engine.Link;
import dev.skep.engine.LinkInfo;
import dev.skep.engine.LoadedProgram;
import dev.skep.errors.UnsupportedException;
import dev.skep.machine.Ids;
import java.nio.file.Path;

/** An extension in the place of a function. It keeps both programs. */
final class ExtensionLink implements Link {
  private final VmProgram extension;
  private final VmProgram target;
  private final int function;
  private final String place;
  private final int id = Ids.next();
  private boolean closed;

  /**
   * @param function its number in the target
   * @param place names it
   */
  ExtensionLink(VmProgram extension, VmProgram target, int function, String place) {
    this.extension = extension;
    this.target = target;
    this.function = function;
    this.place = place;
  }

  @Override
  public synchronized LinkInfo info() {
    checkOpen();
    return new LinkInfo("tracing", id, extension.id(), place);
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("link to " + place + " is closed");
    }
  }

  private UnsupportedException never(String operation, String why) {
    checkOpen();
    return new UnsupportedException(operation + " of the link to " + place + ": " + why);
  }

  @Override
  public synchronized void update(LoadedProgram program) {
    throw never("update", "such links keep their program; attach anew");
  }

  @Override
  public synchronized void pin(Path file) {
    throw never("pin", "only links of the kernel have names in a file system");
  }

  @Override
  public synchronized void detach() {
    throw never("detach", "only closing ends such a link");
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      Ids.gone(id);
      target.extensions().detach(function);
      extension.release();
      target.release();
    }
  }

  @Override
  public String toString() {
    return "link to " + place;
  }
}
