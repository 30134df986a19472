//! A local trace explorer as a library: OTLP in, waterfalls out.
