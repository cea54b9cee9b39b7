package dev.skep.program;

import org.jspecify.annotations.Nullable;

/**
 * What the verifier asks of a helper's arguments and says of its result (struct bpf_func_proto).
 *
 * @param arguments of r1..r5, {@link Argument#NONE} behind the last
 * @param gplOnly whether only programs with a GPL-compatible license may call it
 * @param packetAccess whether packet pointers may be passed as memory
 */
public record HelperPrototype(
    Argument[] arguments, Result result, boolean gplOnly, boolean packetAccess) {

  /** Kinds of arguments (enum bpf_arg_type with its flags). */
  public enum Argument {
    NONE('-'),
    ANYTHING('a'),
    CONTEXT('c'),
    CONTEXT_OR_NULL('x'),
    MAP('p'),
    MAP_KEY('k'),
    MAP_VALUE('v'),
    MAP_VALUE_OUT('V'),
    /** Memory that is read; its size follows. */
    MEMORY('m'),
    MEMORY_OR_NULL('n'),
    /** Memory that is read and written; its size follows. */
    MEMORY_IN_OUT('w'),
    /** Memory that is written and need not be initialised; its size follows. */
    MEMORY_OUT('M'),
    MEMORY_IN_OUT_OR_NULL('N'),
    /** Four aligned bytes, read and written. */
    INT_IN_OUT('i'),
    /** Eight aligned bytes, written. */
    LONG_OUT('l'),
    SIZE('s'),
    SIZE_OR_ZERO('z'),
    /** A constant. */
    ALLOCATION_SIZE('A'),
    FUNCTION('f'),
    STACK_OR_NULL('t'),
    /** A string in a frozen map. */
    CONST_STRING('C'),
    /** A pointer to a struct of the kernel: {@link HelperStructs} says which. */
    STRUCT('b'),
    STRUCT_OR_NULL('d'),
    /** A per-CPU variable of the kernel. */
    PERCPU_STRUCT('P'),
    /** A pointer that lives in a map's value or an object. */
    KPTR('X'),
    /** A reference to what such a pointer may point to, which moves there. */
    STRUCT_RELEASED_OR_NULL('Y'),
    SPIN_LOCK('L'),
    TIMER('I'),
    /** A place on the stack that becomes a dynptr. */
    DYNPTR_LOCAL_OUT('1'),
    DYNPTR_RINGBUF_OUT('2'),
    /** A dynptr of a ring buffer, which is given back. */
    DYNPTR_RELEASED('3'),
    DYNPTR('D'),
    /** Memory of a ring buffer, which is given back. */
    RINGBUF_MEMORY('R'),
    /** A pointer to a socket that a context or helper gave. */
    SOCKET('S'),
    /** The same, or a pointer to the kernel's struct. */
    ANY_SOCKET('B'),
    ANY_SOCKET_OR_NULL('O'),
    /** A socket whose reference is given back. */
    SOCKET_RELEASED('Q'),
    /** A full socket. */
    FULL_SOCKET_OR_NULL('F'),
    MAP_VALUE_OR_NULL('u'),
    /** Memory that is read, of a size that the prototype says. */
    IPV4_HEADER('4'),
    IPV6_HEADER('6'),
    TCP_HEADER('T');

    private final char code;

    Argument(char code) {
      this.code = code;
    }

    private static Argument of(char code) {
      for (Argument argument : values()) {
        if (argument.code == code) {
          return argument;
        }
      }
      throw new IllegalArgumentException("argument " + code);
    }
  }

  /** Kinds of results (enum bpf_return_type). */
  public enum Result {
    INTEGER('i'),
    VOID('-'),
    MAP_VALUE_OR_NULL('v'),
    MAP_VALUE('V'),
    RINGBUF_MEMORY_OR_NULL('r'),
    DYNPTR_MEMORY_OR_NULL('d'),
    SOCKET_OR_NULL('s'),
    SOCK_COMMON_OR_NULL('c'),
    TCP_SOCK_OR_NULL('t'),
    /** A pointer to a struct of the kernel: {@link HelperStructs} says which. */
    STRUCT('b'),
    STRUCT_TRUSTED('T'),
    STRUCT_OR_NULL('n'),
    /** What the exchanged pointer pointed to. */
    KPTR_OR_NULL('K'),
    /** What the per-CPU variable is. */
    PERCPU('p'),
    PERCPU_OR_NULL('q');

    private final char code;

    Result(char code) {
      this.code = code;
    }

    private static Result of(char code) {
      for (Result result : values()) {
        if (result.code == code) {
          return result;
        }
      }
      throw new IllegalArgumentException("result " + code);
    }
  }

  /** Number, arguments, result, flags: g for GPL only, p for packet access. */
  private static final String TABLE =
      """
      1 pk v p
      2 pkva i p
      3 pk i p
      4 Mza i g
      5 - i -
      6 ms i g
      7 - i -
      8 - i -
      9 camsa i -
      10 caaaa i -
      11 caaaa i -
      12 cpa - -
      13 caa i -
      14 - i -
      15 - i -
      16 Ms i -
      17 - i -
      18 caa i -
      19 c i -
      20 cMsa i -
      21 cmsa i -
      22 pa i g
      23 aa i -
      24 c i -
      25 cpamz i g
      26 caMs i -
      27 cpa i g
      28 nznza i p
      29 cMs i -
      30 cms i -
      31 caa i -
      32 ca i -
      33 cpa i -
      34 c i -
      35 - i g
      37 pa i -
      38 caa i -
      39 ca i -
      40 ca i -
      41 c i -
      42 - i -
      43 caa i -
      44 ca i -
      45 Mza i g
      47 c i -
      48 ca i -
      49 caams i -
      50 caaa i -
      51 paa i -
      52 cpaa i -
      53 cpka i p
      54 ca i -
      55 paMs i g
      56 cMs i g
      57 caaMs i -
      59 ca i -
      60 cpaa i -
      61 ca i -
      62 ca i -
      63 caaa i -
      64 cms i -
      65 ca i -
      66 caMsa i -
      67 cMza i g
      68 caMsa i -
      69 cwsa i g
      70 cpka i p
      71 cpka i -
      72 cpka i -
      73 cams i -
      74 cams i -
      75 caa i -
      76 cams i -
      79 c i -
      80 - i -
      81 pa V -
      82 cpka i -
      83 ca i -
      84 cmzaa s p
      85 cmzaa s p
      86 Q i -
      87 pva i p
      88 pV i -
      89 pV i -
      90 caaa i -
      91 caaa i -
      93 L - -
      94 L - -
      95 S s -
      96 S t -
      97 c i -
      98 S s -
      99 cmzaa c p
      100 Bmsms i gp
      101 cwsa i -
      102 cMs i -
      103 cMs i -
      104 cms i -
      105 msal i -
      106 msal i -
      107 pBua v -
      108 pB i -
      109 a i -
      110 Bmsms i gp
      111 bpamz i g
      112 Mza i g
      113 Mza i g
      114 Mza i g
      115 Mza i g
      116 ba i g
      117 a i -
      118 - i -
      119 cNza i g
      120 aaMs i -
      121 bpamz i g
      122 x i -
      123 a i -
      124 cBa i -
      125 - i -
      126 bmsnz i g
      127 bmz i g
      128 B i -
      129 Ba i -
      130 pmza i -
      131 pAa r -
      132 Ra - -
      133 Ra - -
      134 pa i -
      135 ca i -
      136 B n -
      137 B n -
      138 B n -
      139 B n -
      140 B n -
      141 bMza i -
      142 cwsa i -
      143 cmsa i -
      144 caa i -
      145 pdua v -
      146 pd i -
      147 bwz i -
      148 Mza i -
      149 wsmsa i -
      150 bmza i g
      151 c i -
      152 anza i -
      153 Pa q -
      154 P p -
      155 aa i -
      156 pdua v -
      157 pd i -
      158 - T -
      159 ba i -
      160 - i -
      161 bMs i -
      162 b n -
      163 caiaa i g
      164 pfta i -
      165 NzCnz i g
      166 ams i -
      167 msaa i -
      168 a i -
      169 Ipa i g
      170 If i g
      171 Iaa i g
      172 I i g
      173 c i g
      174 c i -
      175 b b g
      176 Mza i g
      177 msnz i g
      178 B n -
      179 mzal i -
      180 bafta i -
      181 afta i -
      182 msC i -
      183 cal i -
      184 cl i -
      185 c i -
      186 - i -
      187 a i -
      188 c i -
      189 caMs i -
      190 cams i -
      191 Mzaba i g
      192 caa i -
      193 bMs i -
      194 XY K -
      195 pka v p
      196 S n -
      197 Mza1 i -
      198 paa2 i -
      199 3a - -
      200 3a - -
      201 MzDaa i -
      202 Damza i -
      203 DaA d -
      204 4mz i gp
      205 6mz i gp
      206 4T i gp
      207 6T i gp
      208 - i -
      209 pfta i -
      210 pdua v -
      211 pd i -
      """;

  private static final @Nullable HelperPrototype[] ALL = new HelperPrototype[Helpers.COUNT];
  private static final HelperPrototype CGROUP_CLASSID_OF_PACKET;
  private static final HelperPrototype STACKID_OF_PERF_EVENT;
  private static final HelperPrototype OF_CONTEXT;
  private static final HelperPrototype COOKIE_OF_SOCKET;
  private static final HelperPrototype STORAGE_OF_CONTEXT;
  private static final HelperPrototype STORAGE_OF_STRUCT;
  private static final HelperPrototype STORAGE_DELETED_OF_STRUCT;
  private static final HelperPrototype ASSIGN_LOOKED_UP;
  private static final HelperPrototype LENGTH_OF_XDP_BUFF;
  private static final HelperPrototype SETSOCKOPT_OF_SOCKET;
  private static final HelperPrototype GETSOCKOPT_OF_SOCKET;

  static {
    TABLE.lines().forEach(HelperPrototype::row);
    CGROUP_CLASSID_OF_PACKET = parse("c", "i", "-");
    STACKID_OF_PERF_EVENT = parse("cpa", "i", "-");
    OF_CONTEXT = parse("c", "i", "-");
    COOKIE_OF_SOCKET = parse("O", "i", "-");
    STORAGE_OF_CONTEXT = parse("pcua", "v", "-");
    STORAGE_OF_STRUCT = parse("pdua", "v", "-");
    STORAGE_DELETED_OF_STRUCT = parse("pd", "i", "-");
    ASSIGN_LOOKED_UP = parse("cFa", "i", "-");
    SETSOCKOPT_OF_SOCKET = parse("Baams", "i", "-");
    GETSOCKOPT_OF_SOCKET = parse("BaaMs", "i", "-");
    LENGTH_OF_XDP_BUFF = parse("b", "i", "-");
  }

  private static void row(String line) {
    String[] field = line.strip().split(" ", -1);
    ALL[Integer.parseInt(field[0])] = parse(field[1], field[2], field[3]);
  }

  private static HelperPrototype parse(String arguments, String result, String flags) {
    Argument[] kinds = new Argument[5];
    for (int i = 0; i < 5; i++) {
      kinds[i] = Argument.of(i < arguments.length() ? arguments.charAt(i) : '-');
    }
    return new HelperPrototype(
        kinds, Result.of(result.charAt(0)), flags.contains("g"), flags.contains("p"));
  }

  /** The prototype of a helper for programs of a type, or null when it is not known yet. */
  public static @Nullable HelperPrototype of(int id, ProgramType type) {
    if (id == Helpers.GET_CGROUP_CLASSID && Helpers.parameters(id, type) == 1) {
      return CGROUP_CLASSID_OF_PACKET;
    }
    if (id == 27 && type == ProgramType.PERF_EVENT) {
      return STACKID_OF_PERF_EVENT;
    }
    if (id == 107 && type == ProgramType.CGROUP_SOCK) {
      return STORAGE_OF_CONTEXT;
    }
    if (type == ProgramType.TRACING && (id == 107 || id == 108)) {
      return id == 107 ? STORAGE_OF_STRUCT : STORAGE_DELETED_OF_STRUCT;
    }
    if (type == ProgramType.CGROUP_SOCKOPT && (id == 49 || id == 57)) {
      return id == 49 ? SETSOCKOPT_OF_SOCKET : GETSOCKOPT_OF_SOCKET;
    }
    if (id == 124 && type == ProgramType.SK_LOOKUP) {
      return ASSIGN_LOOKED_UP;
    }
    if (AttachedHelpers.has(type) && (id == 49 || id == 57)) {
      return id == 49 ? SETSOCKOPT_OF_SOCKET : GETSOCKOPT_OF_SOCKET;
    }
    if (id == 188 && type != ProgramType.XDP) {
      return LENGTH_OF_XDP_BUFF;
    }
    if (id == 46) {
      return switch (type) {
        case TRACING, LSM -> COOKIE_OF_SOCKET;
        case SK_REUSEPORT, SYSCALL -> COOKIE_OF_SOCKET;
        default -> OF_CONTEXT;
      };
    }
    return ALL[id];
  }
}
