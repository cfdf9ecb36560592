export default {
  // Small files stay files, so that the server must send each of them.
  build: { assetsInlineLimit: 0, sourcemap: true },
};
