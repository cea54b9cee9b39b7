package dev.skep.run;

import dev.skep.map.Maps;

/** Puts together the functions of one runtime. */
final class AllHelpers {
  private AllHelpers() {}

  static HelperTable of(
      Maps maps,
      Devices devices,
      KernelVariables variables,
      TaskHelpers tasks,
      Timers timers,
      VmOptions options) {
    HelperTable table = new HelperTable(options.kernel());
    new MapHelpers(maps).define(table);
    new SystemHelpers(maps.machine().cpus(), variables, options.hz()).define(table);
    ChecksumHelpers.define(table);
    SkbByteHelpers.define(table);
    SkbShapeHelpers.define(table);
    SkbStateHelpers.define(table);
    XdpHelpers.define(table);
    TunnelHelpers.define(table);
    new RouteHelpers(devices).define(table);
    new PerfHelpers(maps).define(table);
    new StorageHelpers(maps).define(table);
    new BranchHelpers(options.branches()).define(table);
    ProbeMemory memory = new ProbeMemory(maps.machine().addressSpace());
    new TextHelpers(memory, options.trace()).define(table);
    new ProbeHelpers(memory).define(table);
    tasks.define(table);
    timers.define(table);
    AbsentHelpers.define(table, maps);
    new DynptrHelpers(maps).define(table);
    new StringKfuncs(memory).define(table);
    new IteratorKfuncs(memory).define(table);
    new KernelKfuncs(maps).define(table);
    new ObjectKfuncs(maps.machine()).define(table);
    options.helpers().forEach(table::override);
    return table;
  }
}
