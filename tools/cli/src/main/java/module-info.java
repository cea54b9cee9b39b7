/** The skep command. */
module dev.skep.cli {
  requires dev.skep.core;
  requires dev.skep.natives;
  requires dev.skep.vm;
  requires dev.skep.linux;
  requires dev.skep.ladder;
  requires dev.skep.skeleton;
  requires info.picocli;
  requires com.fasterxml.jackson.core;
  requires static org.jspecify;

  opens dev.skep.cli to
      info.picocli;
}
