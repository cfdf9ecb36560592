export const text = (rest) => `help ${rest} of version ${import.meta.env.VITE_VERSION}`;
