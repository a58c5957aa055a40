import type { OutputSink, SandboxSinks } from '../../../ports/sandbox-engine.ts';

const headerBytes = 8;

/**
 * Splits an attached stream: frames of one byte for the stream (1 stdout, 2 stderr), three of padding, four
 * for the length and the content. Gives a function that takes the pieces in whatever sizes they come.
 */
export function demultiplexer(sinks: SandboxSinks): (piece: Buffer) => void {
  const header = Buffer.alloc(headerBytes);
  let headerFilled = 0;
  let contentLeft = 0;
  let sink: OutputSink = sinks.stdout;
  return (piece) => {
    let at = 0;
    while (at < piece.length) {
      if (contentLeft > 0) {
        const content = piece.subarray(at, at + contentLeft);
        sink.write(content);
        contentLeft -= content.length;
        at += content.length;
        continue;
      }
      const copied = piece.copy(header, headerFilled, at, at + headerBytes - headerFilled);
      headerFilled += copied;
      at += copied;
      if (headerFilled < headerBytes) continue;
      headerFilled = 0;
      sink = header[0] === 2 ? sinks.stderr : sinks.stdout;
      contentLeft = header.readUInt32BE(4);
    }
  };
}
