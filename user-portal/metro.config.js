const { getDefaultConfig } = require("expo/metro-config");
const path = require("node:path");

const config = getDefaultConfig(__dirname);

/** Pipecat's web transports import Daily's library for a media manager that loads code from Daily's network; ours need none. */
const ABSENT = { "@daily-co/daily-js": path.join(__dirname, "src/lib/absent/daily.js") };
const resolve = config.resolver.resolveRequest;

config.resolver.resolveRequest = (context, name, platform) =>
  ABSENT[name]
    ? { type: "sourceFile", filePath: ABSENT[name] }
    : (resolve ?? context.resolveRequest)(context, name, platform);

module.exports = config;
