import { createSocket, type Socket } from "node:dgram";

const HEADER_BYTES = 12;
const TYPE_A = 1;
const NO_SUCH_NAME = 3;

/** A name server that knows IPv4 addresses only, as the cluster's DNS has them for the pods of a headless Service. */
export class NameServer {
  /** Addresses by name; all other names do not exist. */
  readonly addresses = new Map<string, string>();
  readonly #socket: Socket = createSocket("udp4");

  /** Starts it on a free port. */
  async listen(): Promise<number> {
    this.#socket.on("message", (query, { address, port }) =>
      this.#socket.send(this.#answerTo(query), port, address),
    );
    await new Promise<void>((resolve) => this.#socket.bind(0, "127.0.0.1", resolve));
    return this.#socket.address().port;
  }

  close(): void {
    this.#socket.close();
  }

  #answerTo(query: Buffer): Buffer {
    const { name, end } = questionOf(query);
    const type = query.readUInt16BE(end - 4);
    const address = this.addresses.get(name.toLowerCase());
    const octets = address !== undefined && type === TYPE_A ? address.split(".").map(Number) : [];
    const header = Buffer.alloc(HEADER_BYTES);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 | (address === undefined ? NO_SUCH_NAME : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(octets.length > 0 ? 1 : 0, 6);
    // The name of the question, type A, class IN, a second to live, four bytes.
    const record = [0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, 0, 0, 0, 1, 0, 4, ...octets];
    const answer = Buffer.from(octets.length > 0 ? record : []);
    return Buffer.concat([header, query.subarray(HEADER_BYTES, end), answer]);
  }
}

/** The name in a query, and where its question ends. */
function questionOf(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join("."), end: at + 5 };
}
