/** Packet captures: pcap and pcapng, read as streams of any size. */
@NullMarked
package dev.skep.cli.pcap;

import org.jspecify.annotations.NullMarked;
