import { styleText } from 'node:util';

/** How the demo speaks: numbered headings, indented lines. */
export type Story = { heading(text: string): void; line(text: string): void };

export function tellStory(out: NodeJS.WritableStream): Story {
  let chapter = 0;
  return {
    heading: (text) => {
      chapter += 1;
      out.write(`\n${styleText('bold', `${chapter}. ${text}`)}\n`);
    },
    line: (text) => {
      out.write(`   ${text}\n`);
    },
  };
}
