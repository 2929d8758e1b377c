import { writeMessage, writeVarint } from "../src/server/receivers/otlp/wire-writer.ts";

/** One sample of one series, for Prometheus' remote write (prometheus.io/docs/specs/prw/remote_write_spec). */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const timePlaceholder = 1_555_555_555_555;

/** Bytes of a time as it stands in a body, to write a new time over the placeholder: always 6 bytes in this century. */
export const timePlaceholderBytes = (timeMs = timePlaceholder): Buffer => writeVarint(timeMs);

/** A WriteRequest of the samples, in Snappy's block format, with a placeholder for every time. */
export function remoteWriteBody(samples: readonly Sample[]): Buffer {
  return snappyLiteral(
    writeMessage(
      samples.map(({ labels, value }) => ({
        field: 1,
        message: [
          ...Object.keys(labels)
            .toSorted()
            .map((name) => ({
              field: 1,
              message: [
                { field: 1, text: name },
                { field: 2, text: labels[name] ?? "" },
              ],
            })),
          {
            field: 2,
            message: [
              { field: 1, double: value },
              { field: 2, varint: timePlaceholder },
            ],
          },
        ],
      })),
    ),
  );
}

/** Snappy's block format without compression: the length, and one literal with a length of four bytes. */
function snappyLiteral(bytes: Buffer): Buffer {
  const length = Buffer.alloc(5);
  length[0] = 63 << 2;
  length.writeUInt32LE(bytes.byteLength - 1, 1);
  return Buffer.concat([writeVarint(bytes.byteLength), length, bytes]);
}
