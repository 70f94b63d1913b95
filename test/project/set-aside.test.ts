import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { putBack, setAside } from '../../host-tools/project/set-aside.js';

describe('packing a clone', () => {
  let root: string;
  const at = (...names: string[]): string => path.join(root, ...names);
  beforeEach(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), 'mirleft-aside-'));
    fs.mkdirSync(at('wasm3'));
    fs.writeFileSync(at('wasm3/package.json'), 'whole');
  });
  afterEach(() => fs.rmSync(root, { recursive: true }));
  const clone = (): { root: string; manifest: string } => ({ root, manifest: at('wasm3/package.json') });
  const dist = (text: string): void => {
    fs.mkdirSync(at('dist'));
    fs.writeFileSync(at('dist/main.js'), text);
  };
  const packed = (): void => {
    dist('packed');
    fs.writeFileSync(at('wasm3/package.json'), 'bare');
  };
  const tree = (): string[] => fs.readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();

  it('leaves what was there as it was', () => {
    dist('mine');
    const before = tree();
    setAside(clone());
    assert.equal(fs.existsSync(at('dist')), false);
    packed();
    putBack(clone());
    assert.equal(fs.readFileSync(at('wasm3/package.json'), 'utf8'), 'whole');
    assert.equal(fs.readFileSync(at('dist/main.js'), 'utf8'), 'mine');
    assert.deepEqual(
      tree().filter((name) => name !== 'build'),
      before,
    );
    putBack(clone());
    assert.equal(fs.readFileSync(at('dist/main.js'), 'utf8'), 'mine');
  });

  it('removes a dist/ that was not there', () => {
    setAside(clone());
    packed();
    putBack(clone());
    assert.equal(fs.existsSync(at('dist')), false);
  });

  it('takes what a packing that was cut off has changed for nobody’s', () => {
    dist('mine');
    setAside(clone());
    packed();
    setAside(clone());
    packed();
    putBack(clone());
    assert.equal(fs.readFileSync(at('wasm3/package.json'), 'utf8'), 'whole');
    assert.equal(fs.readFileSync(at('dist/main.js'), 'utf8'), 'mine');
    // Cut off between the two: nothing is lost that was still in its place.
    fs.mkdirSync(at('build/before-pack'), { recursive: true });
    fs.writeFileSync(at('build/before-pack/wasm3.package.json'), 'who');
    putBack(clone());
    assert.equal(fs.readFileSync(at('wasm3/package.json'), 'utf8'), 'whole');
    assert.equal(fs.readFileSync(at('dist/main.js'), 'utf8'), 'mine');
  });
});
