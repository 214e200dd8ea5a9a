// Node 20 lacks Promise.withResolvers, which PostGraphile uses.
Promise.withResolvers ??= function () {
  let resolve, reject;
  const promise = new Promise((whenDone, whenFailed) => {
    resolve = whenDone;
    reject = whenFailed;
  });
  return { promise, resolve, reject };
};
