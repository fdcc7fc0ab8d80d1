/** What a person or a script is told while a command goes on: on standard error, a line of JSON where that is asked for. */
export function writeNotice(asJson: boolean, said: object, text: string): void {
  console.error(asJson ? JSON.stringify(said) : text);
}
