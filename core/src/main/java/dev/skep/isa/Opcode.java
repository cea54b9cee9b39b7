// Aligned by hand: the formatter skips this file.
package dev.skep.isa;

import static dev.skep.isa.Opcode.Column.V;
import static dev.skep.isa.Opcode.Column.Z;
import static dev.skep.isa.Opcode.Group.*;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The opcode table: every instruction of RFC 9669 and of Linux, one per line.
 *
 * <p>Columns: the code byte, then what the fields dst, src, off and imm are: V an operand, Z
 * reserved (zero in valid programs), a number the one value that selects this instruction among
 * those with its code. Then the conformance group, and the section of RFC 9669 or Linux file that
 * defines it.
 */
public enum Opcode {
  //                   code  dst src off   imm  group      defined in
  ADD32_K             (0x04, V, Z,  Z,     V, BASE32,   "4.1"),
  ADD32_X             (0x0c, V, V,  Z,     Z, BASE32,   "4.1"),
  SUB32_K             (0x14, V, Z,  Z,     V, BASE32,   "4.1"),
  SUB32_X             (0x1c, V, V,  Z,     Z, BASE32,   "4.1"),
  MUL32_K             (0x24, V, Z,  Z,     V, DIVMUL32, "4.1"),
  MUL32_X             (0x2c, V, V,  Z,     Z, DIVMUL32, "4.1"),
  DIV32_K             (0x34, V, Z,  0,     V, DIVMUL32, "4.1"),
  SDIV32_K            (0x34, V, Z,  1,     V, DIVMUL32, "4.1"),
  DIV32_X             (0x3c, V, V,  0,     Z, DIVMUL32, "4.1"),
  SDIV32_X            (0x3c, V, V,  1,     Z, DIVMUL32, "4.1"),
  OR32_K              (0x44, V, Z,  Z,     V, BASE32,   "4.1"),
  OR32_X              (0x4c, V, V,  Z,     Z, BASE32,   "4.1"),
  AND32_K             (0x54, V, Z,  Z,     V, BASE32,   "4.1"),
  AND32_X             (0x5c, V, V,  Z,     Z, BASE32,   "4.1"),
  LSH32_K             (0x64, V, Z,  Z,     V, BASE32,   "4.1"),
  LSH32_X             (0x6c, V, V,  Z,     Z, BASE32,   "4.1"),
  RSH32_K             (0x74, V, Z,  Z,     V, BASE32,   "4.1"),
  RSH32_X             (0x7c, V, V,  Z,     Z, BASE32,   "4.1"),
  MOD32_K             (0x94, V, Z,  0,     V, DIVMUL32, "4.1"),
  SMOD32_K            (0x94, V, Z,  1,     V, DIVMUL32, "4.1"),
  MOD32_X             (0x9c, V, V,  0,     Z, DIVMUL32, "4.1"),
  SMOD32_X            (0x9c, V, V,  1,     Z, DIVMUL32, "4.1"),
  XOR32_K             (0xa4, V, Z,  Z,     V, BASE32,   "4.1"),
  XOR32_X             (0xac, V, V,  Z,     Z, BASE32,   "4.1"),
  MOV32_K             (0xb4, V, Z,  Z,     V, BASE32,   "4.1"),
  MOV32_X             (0xbc, V, V,  0,     Z, BASE32,   "4.1"),
  MOVSX32_8           (0xbc, V, V,  8,     Z, BASE32,   "4.1"),
  MOVSX32_16          (0xbc, V, V, 16,     Z, BASE32,   "4.1"),
  ARSH32_K            (0xc4, V, Z,  Z,     V, BASE32,   "4.1"),
  ARSH32_X            (0xcc, V, V,  Z,     Z, BASE32,   "4.1"),
  NEG32               (0x84, V, Z,  Z,     Z, BASE32,   "4.1"),
  ADD64_K             (0x07, V, Z,  Z,     V, BASE64,   "4.1"),
  ADD64_X             (0x0f, V, V,  Z,     Z, BASE64,   "4.1"),
  SUB64_K             (0x17, V, Z,  Z,     V, BASE64,   "4.1"),
  SUB64_X             (0x1f, V, V,  Z,     Z, BASE64,   "4.1"),
  MUL64_K             (0x27, V, Z,  Z,     V, DIVMUL64, "4.1"),
  MUL64_X             (0x2f, V, V,  Z,     Z, DIVMUL64, "4.1"),
  DIV64_K             (0x37, V, Z,  0,     V, DIVMUL64, "4.1"),
  SDIV64_K            (0x37, V, Z,  1,     V, DIVMUL64, "4.1"),
  DIV64_X             (0x3f, V, V,  0,     Z, DIVMUL64, "4.1"),
  SDIV64_X            (0x3f, V, V,  1,     Z, DIVMUL64, "4.1"),
  OR64_K              (0x47, V, Z,  Z,     V, BASE64,   "4.1"),
  OR64_X              (0x4f, V, V,  Z,     Z, BASE64,   "4.1"),
  AND64_K             (0x57, V, Z,  Z,     V, BASE64,   "4.1"),
  AND64_X             (0x5f, V, V,  Z,     Z, BASE64,   "4.1"),
  LSH64_K             (0x67, V, Z,  Z,     V, BASE64,   "4.1"),
  LSH64_X             (0x6f, V, V,  Z,     Z, BASE64,   "4.1"),
  RSH64_K             (0x77, V, Z,  Z,     V, BASE64,   "4.1"),
  RSH64_X             (0x7f, V, V,  Z,     Z, BASE64,   "4.1"),
  MOD64_K             (0x97, V, Z,  0,     V, DIVMUL64, "4.1"),
  SMOD64_K            (0x97, V, Z,  1,     V, DIVMUL64, "4.1"),
  MOD64_X             (0x9f, V, V,  0,     Z, DIVMUL64, "4.1"),
  SMOD64_X            (0x9f, V, V,  1,     Z, DIVMUL64, "4.1"),
  XOR64_K             (0xa7, V, Z,  Z,     V, BASE64,   "4.1"),
  XOR64_X             (0xaf, V, V,  Z,     Z, BASE64,   "4.1"),
  MOV64_K             (0xb7, V, Z,  Z,     V, BASE64,   "4.1"),
  MOV64_X             (0xbf, V, V,  0,     Z, BASE64,   "4.1"),
  MOVSX64_8           (0xbf, V, V,  8,     Z, BASE64,   "4.1"),
  MOVSX64_16          (0xbf, V, V, 16,     Z, BASE64,   "4.1"),
  MOVSX64_32          (0xbf, V, V, 32,     Z, BASE64,   "4.1"),
  ADDR_SPACE_CAST     (0xbf, V, V,  1,     V, LINUX,    "verifier.c"),
  MOV64_PERCPU        (0xbf, V, V, -1,     Z, INTERNAL, "filter.h"),
  ARSH64_K            (0xc7, V, Z,  Z,     V, BASE64,   "4.1"),
  ARSH64_X            (0xcf, V, V,  Z,     Z, BASE64,   "4.1"),
  NEG64               (0x87, V, Z,  Z,     Z, BASE64,   "4.1"),
  LE16                (0xd4, V, Z,  Z,    16, BASE32,   "4.2"),
  LE32                (0xd4, V, Z,  Z,    32, BASE32,   "4.2"),
  LE64                (0xd4, V, Z,  Z,    64, BASE64,   "4.2"),
  BE16                (0xdc, V, Z,  Z,    16, BASE32,   "4.2"),
  BE32                (0xdc, V, Z,  Z,    32, BASE32,   "4.2"),
  BE64                (0xdc, V, Z,  Z,    64, BASE64,   "4.2"),
  BSWAP16             (0xd7, V, Z,  Z,    16, BASE32,   "4.2"),
  BSWAP32             (0xd7, V, Z,  Z,    32, BASE32,   "4.2"),
  BSWAP64             (0xd7, V, Z,  Z,    64, BASE64,   "4.2"),
  JA                  (0x05, Z, Z,  V,     Z, BASE32,   "4.3"),
  JA32                (0x06, Z, Z,  Z,     V, BASE32,   "4.3"),
  GOTOX               (0x0d, V, Z,  Z,     Z, MAINLINE, "verifier.c"),
  JEQ_K               (0x15, V, Z,  V,     V, BASE64,   "4.3"),
  JEQ_X               (0x1d, V, V,  V,     Z, BASE64,   "4.3"),
  JGT_K               (0x25, V, Z,  V,     V, BASE64,   "4.3"),
  JGT_X               (0x2d, V, V,  V,     Z, BASE64,   "4.3"),
  JGE_K               (0x35, V, Z,  V,     V, BASE64,   "4.3"),
  JGE_X               (0x3d, V, V,  V,     Z, BASE64,   "4.3"),
  JSET_K              (0x45, V, Z,  V,     V, BASE64,   "4.3"),
  JSET_X              (0x4d, V, V,  V,     Z, BASE64,   "4.3"),
  JNE_K               (0x55, V, Z,  V,     V, BASE64,   "4.3"),
  JNE_X               (0x5d, V, V,  V,     Z, BASE64,   "4.3"),
  JSGT_K              (0x65, V, Z,  V,     V, BASE64,   "4.3"),
  JSGT_X              (0x6d, V, V,  V,     Z, BASE64,   "4.3"),
  JSGE_K              (0x75, V, Z,  V,     V, BASE64,   "4.3"),
  JSGE_X              (0x7d, V, V,  V,     Z, BASE64,   "4.3"),
  JLT_K               (0xa5, V, Z,  V,     V, BASE64,   "4.3"),
  JLT_X               (0xad, V, V,  V,     Z, BASE64,   "4.3"),
  JLE_K               (0xb5, V, Z,  V,     V, BASE64,   "4.3"),
  JLE_X               (0xbd, V, V,  V,     Z, BASE64,   "4.3"),
  JSLT_K              (0xc5, V, Z,  V,     V, BASE64,   "4.3"),
  JSLT_X              (0xcd, V, V,  V,     Z, BASE64,   "4.3"),
  JSLE_K              (0xd5, V, Z,  V,     V, BASE64,   "4.3"),
  JSLE_X              (0xdd, V, V,  V,     Z, BASE64,   "4.3"),
  JEQ32_K             (0x16, V, Z,  V,     V, BASE32,   "4.3"),
  JEQ32_X             (0x1e, V, V,  V,     Z, BASE32,   "4.3"),
  JGT32_K             (0x26, V, Z,  V,     V, BASE32,   "4.3"),
  JGT32_X             (0x2e, V, V,  V,     Z, BASE32,   "4.3"),
  JGE32_K             (0x36, V, Z,  V,     V, BASE32,   "4.3"),
  JGE32_X             (0x3e, V, V,  V,     Z, BASE32,   "4.3"),
  JSET32_K            (0x46, V, Z,  V,     V, BASE32,   "4.3"),
  JSET32_X            (0x4e, V, V,  V,     Z, BASE32,   "4.3"),
  JNE32_K             (0x56, V, Z,  V,     V, BASE32,   "4.3"),
  JNE32_X             (0x5e, V, V,  V,     Z, BASE32,   "4.3"),
  JSGT32_K            (0x66, V, Z,  V,     V, BASE32,   "4.3"),
  JSGT32_X            (0x6e, V, V,  V,     Z, BASE32,   "4.3"),
  JSGE32_K            (0x76, V, Z,  V,     V, BASE32,   "4.3"),
  JSGE32_X            (0x7e, V, V,  V,     Z, BASE32,   "4.3"),
  JLT32_K             (0xa6, V, Z,  V,     V, BASE32,   "4.3"),
  JLT32_X             (0xae, V, V,  V,     Z, BASE32,   "4.3"),
  JLE32_K             (0xb6, V, Z,  V,     V, BASE32,   "4.3"),
  JLE32_X             (0xbe, V, V,  V,     Z, BASE32,   "4.3"),
  JSLT32_K            (0xc6, V, Z,  V,     V, BASE32,   "4.3"),
  JSLT32_X            (0xce, V, V,  V,     Z, BASE32,   "4.3"),
  JSLE32_K            (0xd6, V, Z,  V,     V, BASE32,   "4.3"),
  JSLE32_X            (0xde, V, V,  V,     Z, BASE32,   "4.3"),
  MAY_GOTO            (0xe5, Z, 0,  V,     Z, LINUX,    "verifier.c"),
  CALL_HELPER         (0x85, Z, 0,  Z,     V, BASE32,   "4.3.1"),
  CALL_LOCAL          (0x85, Z, 1,  Z,     V, BASE32,   "4.3.2"),
  CALL_BTF            (0x85, Z, 2,  V,     V, BASE32,   "4.3.1"),
  EXIT                (0x95, Z, Z,  Z,     Z, BASE32,   "4.3"),
  TAIL_CALL           (0xf5, Z, Z,  Z,     V, INTERNAL, "filter.h"),
  LDDW_VALUE          (0x18, V, 0,  Z,     V, BASE64,   "5.4"),
  LDDW_MAP            (0x18, V, 1,  Z,     V, BASE64,   "5.4"),
  LDDW_MAP_VALUE      (0x18, V, 2,  Z,     V, BASE64,   "5.4"),
  LDDW_VARIABLE       (0x18, V, 3,  Z,     V, BASE64,   "5.4"),
  LDDW_FUNCTION       (0x18, V, 4,  Z,     V, BASE64,   "5.4"),
  LDDW_MAP_INDEX      (0x18, V, 5,  Z,     V, BASE64,   "5.4"),
  LDDW_MAP_INDEX_VALUE(0x18, V, 6,  Z,     V, BASE64,   "5.4"),
  LD_ABS_B            (0x30, Z, Z,  Z,     V, PACKET,   "5.5"),
  LD_ABS_H            (0x28, Z, Z,  Z,     V, PACKET,   "5.5"),
  LD_ABS_W            (0x20, Z, Z,  Z,     V, PACKET,   "5.5"),
  LD_IND_B            (0x50, Z, V,  Z,     V, PACKET,   "5.5"),
  LD_IND_H            (0x48, Z, V,  Z,     V, PACKET,   "5.5"),
  LD_IND_W            (0x40, Z, V,  Z,     V, PACKET,   "5.5"),
  LDX_B               (0x71, V, V,  V,     Z, BASE32,   "5.1"),
  LDX_H               (0x69, V, V,  V,     Z, BASE32,   "5.1"),
  LDX_W               (0x61, V, V,  V,     Z, BASE32,   "5.1"),
  LDX_DW              (0x79, V, V,  V,     Z, BASE64,   "5.1"),
  LDXS_B              (0x91, V, V,  V,     Z, BASE32,   "5.2"),
  LDXS_H              (0x89, V, V,  V,     Z, BASE32,   "5.2"),
  LDXS_W              (0x81, V, V,  V,     Z, BASE32,   "5.2"),
  ST_B                (0x72, V, Z,  V,     V, BASE32,   "5.1"),
  ST_H                (0x6a, V, Z,  V,     V, BASE32,   "5.1"),
  ST_W                (0x62, V, Z,  V,     V, BASE32,   "5.1"),
  ST_DW               (0x7a, V, Z,  V,     V, BASE64,   "5.1"),
  STX_B               (0x73, V, V,  V,     Z, BASE32,   "5.1"),
  STX_H               (0x6b, V, V,  V,     Z, BASE32,   "5.1"),
  STX_W               (0x63, V, V,  V,     Z, BASE32,   "5.1"),
  STX_DW              (0x7b, V, V,  V,     Z, BASE64,   "5.1"),
  ATOMIC_ADD32        (0xc3, V, V,  V,     0, ATOMIC32, "5.3"),
  ATOMIC_OR32         (0xc3, V, V,  V,    64, ATOMIC32, "5.3"),
  ATOMIC_AND32        (0xc3, V, V,  V,  0x50, ATOMIC32, "5.3"),
  ATOMIC_XOR32        (0xc3, V, V,  V,  0xa0, ATOMIC32, "5.3"),
  ATOMIC_FETCH_ADD32  (0xc3, V, V,  V,     1, ATOMIC32, "5.3"),
  ATOMIC_FETCH_OR32   (0xc3, V, V,  V,  0x41, ATOMIC32, "5.3"),
  ATOMIC_FETCH_AND32  (0xc3, V, V,  V,  0x51, ATOMIC32, "5.3"),
  ATOMIC_FETCH_XOR32  (0xc3, V, V,  V,  0xa1, ATOMIC32, "5.3"),
  ATOMIC_XCHG32       (0xc3, V, V,  V,  0xe1, ATOMIC32, "5.3"),
  ATOMIC_CMPXCHG32    (0xc3, V, V,  V,  0xf1, ATOMIC32, "5.3"),
  ATOMIC_ADD64        (0xdb, V, V,  V,     0, ATOMIC64, "5.3"),
  ATOMIC_OR64         (0xdb, V, V,  V,    64, ATOMIC64, "5.3"),
  ATOMIC_AND64        (0xdb, V, V,  V,  0x50, ATOMIC64, "5.3"),
  ATOMIC_XOR64        (0xdb, V, V,  V,  0xa0, ATOMIC64, "5.3"),
  ATOMIC_FETCH_ADD64  (0xdb, V, V,  V,     1, ATOMIC64, "5.3"),
  ATOMIC_FETCH_OR64   (0xdb, V, V,  V,  0x41, ATOMIC64, "5.3"),
  ATOMIC_FETCH_AND64  (0xdb, V, V,  V,  0x51, ATOMIC64, "5.3"),
  ATOMIC_FETCH_XOR64  (0xdb, V, V,  V,  0xa1, ATOMIC64, "5.3"),
  ATOMIC_XCHG64       (0xdb, V, V,  V,  0xe1, ATOMIC64, "5.3"),
  ATOMIC_CMPXCHG64    (0xdb, V, V,  V,  0xf1, ATOMIC64, "5.3"),
  LOAD_ACQ_B          (0xd3, V, V,  V, 0x100, LINUX,    "verifier.c"),
  LOAD_ACQ_H          (0xcb, V, V,  V, 0x100, LINUX,    "verifier.c"),
  LOAD_ACQ_W          (0xc3, V, V,  V, 0x100, LINUX,    "verifier.c"),
  LOAD_ACQ_DW         (0xdb, V, V,  V, 0x100, LINUX,    "verifier.c"),
  STORE_REL_B         (0xd3, V, V,  V, 0x110, LINUX,    "verifier.c"),
  STORE_REL_H         (0xcb, V, V,  V, 0x110, LINUX,    "verifier.c"),
  STORE_REL_W         (0xc3, V, V,  V, 0x110, LINUX,    "verifier.c"),
  STORE_REL_DW        (0xdb, V, V,  V, 0x110, LINUX,    "verifier.c"),
  PROBE_LDX_B         (0x31, V, V,  V,     Z, INTERNAL, "filter.h"),
  PROBE_LDX_H         (0x29, V, V,  V,     Z, INTERNAL, "filter.h"),
  PROBE_LDX_W         (0x21, V, V,  V,     Z, INTERNAL, "filter.h"),
  PROBE_LDX_DW        (0x39, V, V,  V,     Z, INTERNAL, "filter.h"),
  PROBE_LDXS_B        (0x51, V, V,  V,     Z, INTERNAL, "filter.h"),
  PROBE_LDXS_H        (0x49, V, V,  V,     Z, INTERNAL, "filter.h"),
  PROBE_LDXS_W        (0x41, V, V,  V,     Z, INTERNAL, "filter.h"),
  ARENA_LDX_B         (0xb1, V, V,  V,     Z, INTERNAL, "filter.h"),
  ARENA_LDX_H         (0xa9, V, V,  V,     Z, INTERNAL, "filter.h"),
  ARENA_LDX_W         (0xa1, V, V,  V,     Z, INTERNAL, "filter.h"),
  ARENA_LDX_DW        (0xb9, V, V,  V,     Z, INTERNAL, "filter.h"),
  ARENA_LDXS_B        (0xd1, V, V,  V,     Z, INTERNAL, "filter.h"),
  ARENA_LDXS_H        (0xc9, V, V,  V,     Z, INTERNAL, "filter.h"),
  ARENA_LDXS_W        (0xc1, V, V,  V,     Z, INTERNAL, "filter.h"),
  ARENA_ST_B          (0xb2, V, Z,  V,     V, INTERNAL, "filter.h"),
  ARENA_ST_H          (0xaa, V, Z,  V,     V, INTERNAL, "filter.h"),
  ARENA_ST_W          (0xa2, V, Z,  V,     V, INTERNAL, "filter.h"),
  ARENA_ST_DW         (0xba, V, Z,  V,     V, INTERNAL, "filter.h"),
  ARENA_STX_B         (0xb3, V, V,  V,     Z, INTERNAL, "filter.h"),
  ARENA_STX_H         (0xab, V, V,  V,     Z, INTERNAL, "filter.h"),
  ARENA_STX_W         (0xa3, V, V,  V,     Z, INTERNAL, "filter.h"),
  ARENA_STX_DW        (0xbb, V, V,  V,     Z, INTERNAL, "filter.h"),
  ARENA_ADD32         (0xe3, V, V,  V,     0, INTERNAL, "arena.c"),
  ARENA_OR32          (0xe3, V, V,  V,    64, INTERNAL, "arena.c"),
  ARENA_AND32         (0xe3, V, V,  V,  0x50, INTERNAL, "arena.c"),
  ARENA_XOR32         (0xe3, V, V,  V,  0xa0, INTERNAL, "arena.c"),
  ARENA_FETCH_ADD32   (0xe3, V, V,  V,     1, INTERNAL, "arena.c"),
  ARENA_FETCH_OR32    (0xe3, V, V,  V,  0x41, INTERNAL, "arena.c"),
  ARENA_FETCH_AND32   (0xe3, V, V,  V,  0x51, INTERNAL, "arena.c"),
  ARENA_FETCH_XOR32   (0xe3, V, V,  V,  0xa1, INTERNAL, "arena.c"),
  ARENA_XCHG32        (0xe3, V, V,  V,  0xe1, INTERNAL, "arena.c"),
  ARENA_CMPXCHG32     (0xe3, V, V,  V,  0xf1, INTERNAL, "arena.c"),
  ARENA_ADD64         (0xfb, V, V,  V,     0, INTERNAL, "arena.c"),
  ARENA_OR64          (0xfb, V, V,  V,    64, INTERNAL, "arena.c"),
  ARENA_AND64         (0xfb, V, V,  V,  0x50, INTERNAL, "arena.c"),
  ARENA_XOR64         (0xfb, V, V,  V,  0xa0, INTERNAL, "arena.c"),
  ARENA_FETCH_ADD64   (0xfb, V, V,  V,     1, INTERNAL, "arena.c"),
  ARENA_FETCH_OR64    (0xfb, V, V,  V,  0x41, INTERNAL, "arena.c"),
  ARENA_FETCH_AND64   (0xfb, V, V,  V,  0x51, INTERNAL, "arena.c"),
  ARENA_FETCH_XOR64   (0xfb, V, V,  V,  0xa1, INTERNAL, "arena.c"),
  ARENA_XCHG64        (0xfb, V, V,  V,  0xe1, INTERNAL, "arena.c"),
  ARENA_CMPXCHG64     (0xfb, V, V,  V,  0xf1, INTERNAL, "arena.c"),
  ARENA_LOAD_ACQ_B    (0xf3, V, V,  V, 0x100, INTERNAL, "arena.c"),
  ARENA_LOAD_ACQ_H    (0xeb, V, V,  V, 0x100, INTERNAL, "arena.c"),
  ARENA_LOAD_ACQ_W    (0xe3, V, V,  V, 0x100, INTERNAL, "arena.c"),
  ARENA_LOAD_ACQ_DW   (0xfb, V, V,  V, 0x100, INTERNAL, "arena.c"),
  ARENA_STORE_REL_B   (0xf3, V, V,  V, 0x110, INTERNAL, "arena.c"),
  ARENA_STORE_REL_H   (0xeb, V, V,  V, 0x110, INTERNAL, "arena.c"),
  ARENA_STORE_REL_W   (0xe3, V, V,  V, 0x110, INTERNAL, "arena.c"),
  ARENA_STORE_REL_DW  (0xfb, V, V,  V, 0x110, INTERNAL, "arena.c"),
  NOSPEC              (0xc2, Z, Z,  Z,     Z, INTERNAL, "filter.h");

  /** Who defines an instruction. */
  public enum Group {
    BASE32, BASE64, ATOMIC32, ATOMIC64, DIVMUL32, DIVMUL64, PACKET,
    /** Loadable into Linux 6.18 beyond the RFC. */
    LINUX,
    /** Loadable into later kernels only. */
    MAINLINE,
    /** Made by rewrites, never loadable. */
    INTERNAL
  }

  /** What a column of the table says when it is no selecting value; no field has these values. */
  static final class Column {
    static final int V = 0x6b000001;
    static final int Z = 0x6b000002;

    private Column() {}
  }

  private static final Opcode[][] BY_CODE = index();

  private final int code;
  private final Group group;
  private final String reference;
  private final long selectorMask;
  private final long selector;
  private final long operandMask;

  Opcode(int code, int dst, int src, int off, int imm, Group group, String reference) {
    this.code = code;
    this.group = group;
    this.reference = reference;
    this.selectorMask = 0xff
        | (isSelector(src) ? 0xf000L : 0)
        | (isSelector(off) ? 0xffff0000L : 0)
        | (isSelector(imm) ? 0xffffffff00000000L : 0);
    this.selector = InsnWord.of(code, 0, src, off, imm) & selectorMask;
    this.operandMask = (dst == V ? 0xf00L : 0)
        | (src == V ? 0xf000L : 0)
        | (off == V ? 0xffff0000L : 0)
        | (imm == V ? 0xffffffff00000000L : 0);
  }

  private static boolean isSelector(int column) {
    return column != V && column != Z;
  }

  private static Opcode[][] index() {
    Opcode[][] byCode = new Opcode[256][];
    Arrays.fill(byCode, new Opcode[0]);
    for (Opcode opcode : values()) {
      Opcode[] known = byCode[opcode.code];
      byCode[opcode.code] = Arrays.copyOf(known, known.length + 1);
      byCode[opcode.code][known.length] = opcode;
    }
    return byCode;
  }

  /** The instruction that a word is by its code and selecting fields, or null for none. */
  public static @Nullable Opcode of(long word) {
    for (Opcode candidate : BY_CODE[InsnWord.code(word)]) {
      if ((word & candidate.selectorMask) == candidate.selector) {
        return candidate;
      }
    }
    return null;
  }

  /** Whether Linux 6.18 has an instruction with that code (bpf_opcode_in_insntable). */
  public static boolean isLoadableCode(int code) {
    for (Opcode candidate : BY_CODE[code & 0xff]) {
      if (candidate.group != INTERNAL && candidate.group != MAINLINE) {
        return true;
      }
    }
    return false;
  }

  public int code() {
    return code;
  }

  public Group group() {
    return group;
  }

  /** Section of RFC 9669, or file of Linux. */
  public String reference() {
    return reference;
  }

  /** The word with the code and the selecting fields, all else zero. */
  public long selector() {
    return selector;
  }

  /** The bits of a word that are operands. */
  public long operandMask() {
    return operandMask;
  }

  /** The bits of a word that are neither operands nor select the instruction. */
  public long reservedMask() {
    return ~(operandMask | selectorMask);
  }
}
