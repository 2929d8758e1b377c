/** The beginning of a text, of at most `max` UTF-16 units: a character that needs two is kept or left out whole, as half of one is no text. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  const last = text.charCodeAt(max - 1);
  const isHalf = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, isHalf ? max - 1 : max);
}
