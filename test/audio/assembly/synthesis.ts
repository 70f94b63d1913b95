export { pluck, renderStrings, resetStrings } from '../../../firmware/audio/strings';
export { phaseStep, sine, startSine } from '../../../firmware/audio/sine';

const frames = memory.data(8 * 44100);

export function framesAt(): usize {
  return frames;
}
