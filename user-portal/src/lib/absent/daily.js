/** Stands for `@daily-co/daily-js`; see metro.config.js. */
module.exports = {
  default: {
    createCallObject() {
      throw new Error("The transport was given no media manager of its own.");
    },
  },
};
