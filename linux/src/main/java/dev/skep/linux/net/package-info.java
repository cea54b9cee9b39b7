/**
 * The kernel's network settings over netlink: devices, their XDP programs, queueing disciplines and
 * filters.
 *
 * <p>A socket acts in the network namespace of the thread that opened it, for as long as it is
 * open. What the kernel sends is held inside its bounds before it is read. Not exported.
 */
@NullMarked
package dev.skep.linux.net;

import org.jspecify.annotations.NullMarked;
