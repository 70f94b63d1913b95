// What `mirleft dev` tells while it goes on: for people, and as JSON.

import { formatProblem } from '../build/compile.js';
import type { Program } from '../build/project.js';
import type { DevEvents } from '../dev/dev.js';
import { printable } from '../problem.js';
import { problemLine } from './render-errors.js';
import { errorsOf, type JsonEvents } from './render-json.js';
import type { StatusLine } from './render-status.js';
import { styleText } from './render-style.js';
import { plural } from './render-text.js';

export interface DevView extends DevEvents {
  opening(): void;
  connected(program: Program, port: string): void;
  /** The board was reset or is away. */
  lost(): void;
}

const ms = (time: number): string => (time < 1000 ? `${Math.round(time)} ms` : `${(time / 1000).toFixed(2)} s`);

const NAMES = { quick: 'quick build', full: 'optimised build' } as const;

export function textView(status: StatusLine): DevView {
  return {
    opening: () => status.set('opening the port…'),
    connected: ({ name }, port) => status.line(styleText('dim', `${printable(name)} on ${port}; Ctrl-C ends`)),
    lost: () => status.line('the board was reset or is away: what there is will be sent again'),
    text: (text) => status.output(text),
    building: (kind) => status.set(`${NAMES[kind]}…`),
    built({ kind, ms: took, cached, bytes, warnings }) {
      for (const warning of warnings) status.line(formatProblem(warning));
      status.line(
        `${NAMES[kind]}: ${plural(bytes, 'byte')}, ${cached ? 'compiled before' : `compiled in ${ms(took)}`}`,
      );
    },
    unchanged: () => status.line('  runs already'),
    sending: (sent, of) => status.set(`sending ${plural(of, 'byte')}, ${Math.floor((sent / of) * 100)} %…`),
    swapped(_kind, report, sinceSave) {
      const { sentBytes, sendMs, swapMs, aheadMs, generation } = report;
      const ring = aheadMs > 0 ? `, ${ms(aheadMs)} of sound were left` : '';
      status.line(
        `  ${plural(sentBytes, 'byte')} sent in ${ms(sendMs)}, swapped in ${ms(swapMs)}${ring}; ` +
          `module ${generation} runs ${ms(sinceSave)} after the save`,
      );
    },
    failed: (problem) => status.line(problemLine(problem)),
    waiting: (files) => status.set(`watching ${plural(files, 'file')}; Ctrl-C ends`),
  };
}

export const jsonView = (json: JsonEvents): DevView => ({
  opening: () => undefined,
  connected: ({ name }, port) => json.tell('connected', { program: name, port }),
  lost: () => json.tell('lost'),
  text: (text) => json.tell('text', { text }),
  building: (kind) => json.tell('building', { kind }),
  built: (build) => json.tell('built', build),
  unchanged: () => json.tell('unchanged'),
  sending: (sentBytes, ofBytes) => json.progress('sending', { sentBytes, ofBytes }),
  swapped: (kind, report, sinceSaveMs) => json.tell('swapped', { kind, ...report, sinceSaveMs }),
  failed: (problem) => json.tell('failed', { errors: errorsOf(problem) }),
  waiting: (files) => json.tell('waiting', { files }),
});
