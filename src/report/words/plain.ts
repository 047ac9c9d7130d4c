/** Text from outside (ids, questions, what a broker says) without what would act on a terminal or break a file. */
export function plain(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, '\uFFFD');
}
