/** Digits of pi in binary, by Machin's formula: the cipher behind VICIdial's password hash starts from them. */

/** arctan(1/x) as a fixed-point number with `bits` fractional bits. */
function arctanOfInverse(x: bigint, bits: bigint): bigint {
  const square = x * x;
  let power = (1n << bits) / x;
  let sum = power;
  for (let n = 3n, sign = -1n; power > 0n; n += 2n, sign = -sign) {
    power /= square;
    sum += (sign * power) / n;
  }
  return sum;
}

const guardBits = 64n;

/** The first `count` 32-bit words of pi's fractional part: 0x243F6A88, 0x85A308D3, ... */
export function fractionalPiWords(count: number): Uint32Array {
  const bits = BigInt(count) * 32n + guardBits;
  const pi = 4n * (4n * arctanOfInverse(5n, bits) - arctanOfInverse(239n, bits));
  const digits = ((pi - (3n << bits)) >> guardBits).toString(16).padStart(count * 8, '0');
  return Uint32Array.from({ length: count }, (_, i) => Number.parseInt(digits.slice(i * 8, i * 8 + 8), 16));
}
