package dev.skep.tests.stress;

/**
 * Programs that tail call out of an array of the stress; the packet's first bytes are their input.
 */
enum StressCaller {
  /** One array, constant index, several sites. */
  DIRECT,
  /** One array, the index is the packet's first byte: it may be out of range. */
  STATIC,
  /** The packet's second byte says which array. */
  DYNAMIC,
  /** As DIRECT, in a subprogram; the main program looks after its registers and stack. */
  SUBPROGRAM_DIRECT,
  /** As STATIC, in a subprogram. */
  SUBPROGRAM_STATIC,
  /** As SUBPROGRAM_DIRECT, but an extension may be in the subprogram's place. */
  EXTENDED,
  /** Calls the self-calling program. */
  LOOP
}
