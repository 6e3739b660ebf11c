import { defineConfig } from 'vite'

export default defineConfig({
  build: {
    outDir: '../hub/schema/graphiql/built',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 8_192,
    license: { fileName: 'licenses.md' },
  },
  experimental: {
    // The page is `…/graphiql`, and what it loads is below it, wherever the hub itself is.
    renderBuiltUrl: (name, { hostType }) =>
      hostType === 'html' ? `graphiql/${name}` : { relative: true },
  },
})
