package dev.skep.verify;

import static dev.skep.verify.RegType.*;

/** Callbacks that run when the kernel gets to queued work. */
final class WorkCallbacks {
  private final FunctionCalls functions;

  WorkCallbacks(FunctionCalls functions) {
    this.functions = functions;
  }

  /**
   * Queues the callback of a work queue or of a task; it gets the map, the key and the value that
   * the work lies in, and may sleep (set_timer_callback_state,
   * set_task_work_schedule_callback_state).
   */
  void queue(String kfunc, KfuncCall call) {
    Frame frame = functions.queueAsyncCallback(call.subprog, true);
    markArguments(frame.regs, call.map);
    if (!kfunc.equals("bpf_wq_set_callback_impl")) {
      frame.callbackRetMin = Integer.MIN_VALUE;
      frame.callbackRetMax = Integer.MAX_VALUE;
    }
  }

  /** r1 to r3: map, key, value. */
  static void markArguments(long[] r, int map) {
    Reg.markPointer(r, Frame.reg(1), CONST_PTR_TO_MAP);
    Reg.markPointer(r, Frame.reg(2), MAP_KEY);
    Reg.markPointer(r, Frame.reg(3), MAP_VALUE);
    for (int i = 1; i <= 3; i++) {
      Reg.setHandle(r, Frame.reg(i), map);
    }
  }
}
