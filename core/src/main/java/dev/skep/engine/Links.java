package dev.skep.engine;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** The links of one object's programs, closed together. */
public final class Links implements AutoCloseable {
  private final Map<String, Link> links = new LinkedHashMap<>();

  /** Takes over a link under its program's name. */
  public void add(String program, Link link) {
    links.put(program, link);
  }

  /** By the program's name, in the order of attachment. */
  public Map<String, Link> byProgram() {
    return Collections.unmodifiableMap(links);
  }

  /** The link of that program; {@link IllegalArgumentException} if there is none. */
  public Link of(String program) {
    Link link = links.get(program);
    if (link == null) {
      throw new IllegalArgumentException("no link of program \"" + program + "\"");
    }
    return link;
  }

  /** Closes all of them, in the order of attachment. */
  @Override
  public void close() {
    RuntimeException first = null;
    for (Link link : links.values()) {
      try {
        link.close();
      } catch (RuntimeException failed) {
        if (first == null) {
          first = failed;
        } else {
          first.addSuppressed(failed);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
