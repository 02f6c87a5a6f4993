"use strict";

// app/javascript, CoffeeScript included, into one file that the layout loads: `npm run build`.
const { promises: fs } = require("fs");
const { delimiter } = require("path");
const coffee = require("coffeescript");
const esbuild = require("esbuild");

const coffeescript = {
  name: "coffeescript",
  setup(build) {
    build.onLoad({ filter: /\.coffee$/ }, async ({ path }) => ({
      contents: coffee.compile(await fs.readFile(path, "utf8"), { bare: true, filename: path }),
    }));
  },
};

esbuild
  .build({
    entryPoints: ["app/javascript/application.js"],
    outdir: "public/builds",
    bundle: true,
    format: "iife",
    target: "es2020",
    resolveExtensions: [".js", ".coffee"],
    nodePaths: (process.env.NODE_PATH || "").split(delimiter).filter(Boolean),
    plugins: [coffeescript],
  })
  .catch(() => process.exit(1));
