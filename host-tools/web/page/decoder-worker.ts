// The worker that decodes sounds while they are pushed, so that a long one holds up neither the page nor the line.

import { decodeSound, type Sound } from '../../link/sound.js';
import { Problem, systemReason } from '../../problem.js';
import { fileBytes } from './file-bytes.js';
import type { DecoderMessage, FromDecoder, ToDecoder, WorkerScope } from './messages.js';

const scope = self as unknown as WorkerScope<ToDecoder, FromDecoder>;

scope.onmessage = ({ data: { id, file } }) =>
  void decodeFile(file, (message, transfer) => scope.postMessage({ id, ...message }, transfer));

/** Decodes a file and posts what there is as soon as it is there. */
async function decodeFile(
  file: File,
  post: (message: DecoderMessage, transfer?: Transferable[]) => void,
): Promise<void> {
  const { name } = file;
  let sound: Sound | undefined;
  let posted = 0;
  const grew = (): void => {
    if (!sound) return;
    const samples = sound.read(posted, sound.available - posted);
    posted = sound.available;
    sound.forget(posted);
    if (samples.length > 0) post({ type: 'samples', samples }, [samples.buffer]);
    if (sound.isWhole) post({ type: 'end', problem: sound.problem?.data() });
  };
  try {
    sound = await decodeSound(await fileBytes(file), { name, file: name }, {}, grew);
    const { rateHz, channels, qoa } = sound;
    post({ type: 'sound', rateHz, channels, qoa: qoa && { frames: qoa.frames, samples: qoa.samples } });
    grew();
  } catch (error) {
    const problem =
      error instanceof Problem
        ? error
        : new Problem('unexpected', `cannot be decoded (${systemReason(error)})`, { file: name });
    post({ type: 'failed', problem: problem.data() });
  }
}
