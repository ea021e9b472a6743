/** Why no checkpoint can be signed, and what to do; it stays so until somebody does it. */
export class Unsigned extends Error {
  override readonly name = 'Unsigned';
  readonly remedy: string;

  constructor(why: string, remedy: string) {
    super(why);
    this.remedy = remedy;
  }
}
