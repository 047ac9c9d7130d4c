/** Writes the decimal digits of a whole number below 10 ** 16 to an address. Returns the address after them. */
export function digits(out: usize, value: u64): usize {
  if (value < 100_000_000) return few(out, value as u32);
  const high = value / 100_000_000;
  return eight(few(out, high as u32), (value - high * 100_000_000) as u32);
}

/** Writes the digits of a number below 10 ** 8. */
function few(out: usize, value: u32): usize {
  const end = out + lengthOf(value);
  let at = end;
  let rest = value;
  while (rest > 9) {
    const high = rest / 100;
    at -= 2;
    store<u16>(at, pair(rest - high * 100));
    rest = high;
  }
  if (at > out) store<u8>(at - 1, (rest + 0x30) as u8);
  return end;
}

function eight(out: usize, value: u32): usize {
  const high = value / 10_000;
  four(out, high);
  four(out + 4, value - high * 10_000);
  return out + 8;
}

function four(out: usize, value: u32): void {
  const high = value / 100;
  store<u16>(out, pair(high));
  store<u16>(out + 2, pair(value - high * 100));
}

/** Two digits in ASCII, the first one in the low byte. */
function pair(value: u32): u16 {
  const tens = (value * 103) >> 10; // value / 10, for two digits
  return (0x3030 | tens | ((value - tens * 10) << 8)) as u16;
}

function lengthOf(value: u32): u32 {
  if (value < 10_000) return value < 100 ? (value < 10 ? 1 : 2) : value < 1_000 ? 3 : 4;
  return value < 1_000_000 ? (value < 100_000 ? 5 : 6) : value < 10_000_000 ? 7 : 8;
}
