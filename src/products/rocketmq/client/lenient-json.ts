/** What fastjson writes is not always JSON: numbers and whole objects stand as keys, without quotes (`{0:"a"}`, `{{"t":1}:2}`). */
export function parseLenient(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const quoted = text.replace(/(\{"[^{}]*\}):/g, (_, key: string) => `${JSON.stringify(key)}:`);
    return JSON.parse(quoted.replace(/([{,])(-?\d+):/g, '$1"$2":'));
  }
}
