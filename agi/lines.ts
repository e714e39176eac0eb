/**
 * Cuts decoded text into lines at LF, however the network cut it. A CR is data: Asterisk takes it as
 * part of the last argument too (asterisk-behaviour 1.2).
 */
export class LineReader {
  private readonly charsMax: number;
  private tail = '';
  private tooLong = false;

  /** @param charsMax longest line accepted, in characters without its LF */
  constructor(charsMax: number) {
    this.charsMax = charsMax;
  }

  /** True once a line was longer than allowed; nothing is read after it. */
  get overflown(): boolean {
    return this.tooLong;
  }

  /** The lines that `chunk` completes. Only the new text is searched, so the cost stays linear. */
  push(chunk: string): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let at = chunk.indexOf('\n'); at >= 0 && !this.tooLong; at = chunk.indexOf('\n', from)) {
      const line = this.tail + chunk.slice(from, at);
      this.tail = '';
      from = at + 1;
      if (line.length > this.charsMax) this.tooLong = true;
      else lines.push(line);
    }
    this.keep(from === 0 ? chunk : chunk.slice(from));
    return lines;
  }

  private keep(rest: string): void {
    if (!this.tooLong && this.tail.length + rest.length > this.charsMax) this.tooLong = true;
    this.tail = this.tooLong ? '' : this.tail + rest;
  }
}
