//! The dashboard's files, from inside the binary, compressed when they were built.

#[cfg(feature = "ui")]
pub use embedded::get;

#[cfg(not(feature = "ui"))]
pub use absent::get;

#[cfg(feature = "ui")]
mod embedded {
    use std::borrow::Cow;
    use std::sync::{Arc, LazyLock};

    use axum::body::Body;
    use axum::extract::State;
    use axum::http::header::{
        ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap,
        HeaderValue, IF_NONE_MATCH, VARY,
    };
    use axum::http::{Method, StatusCode, Uri};
    use axum::response::{IntoResponse, Response};
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD as BASE64;
    use rust_embed::{EmbeddedFile, RustEmbed};
    use sha2::{Digest, Sha256};

    use super::super::Api;

    #[derive(RustEmbed)]
    #[folder = "../frontend/dist"]
    #[allow_missing = true]
    #[exclude = ".*"]
    struct Dist;

    /// `script-src` names the hash of each script inside `index.html` (trunk's loader); everything else comes from us.
    static POLICY: LazyLock<String> = LazyLock::new(|| {
        let index = Dist::get("index.html").map(|file| String::from_utf8_lossy(&file.data).into_owned());
        let hashes: String = inline_scripts(index.as_deref().unwrap_or_default())
            .map(|script| format!(" 'sha256-{}'", BASE64.encode(Sha256::digest(script))))
            .collect();
        format!(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self'; \
             img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'"
        )
    });

    /// Paths of the API never fall back to the page: a script that mistypes one must get a 404, not HTML.
    fn is_api(path: &str) -> bool {
        path.starts_with("/api/") || path.starts_with("/metrics") || path == "/api"
    }

    /// The page, or one of its files.
    pub async fn get(State(api): State<Arc<Api>>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
        let path = uri.path();
        if api.headless || is_api(path) || (method != Method::GET && method != Method::HEAD) {
            return super::not_found(api.headless && path == "/");
        }
        let name = path.trim_start_matches('/');
        let (name, file) = match Dist::get(name).filter(|_| !name.is_empty()) {
            Some(file) => (name, file),
            // A file that is gone (an old page asks for an old hash) is no page.
            None if name.contains('.') => return super::not_found(false),
            None => match Dist::get("index.html") {
                Some(file) => ("index.html", file),
                None => return super::not_found(true),
            },
        };
        respond(name, file, &headers)
    }

    fn respond(name: &str, file: EmbeddedFile, request: &HeaderMap) -> Response {
        let etag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]));
        if request.get(IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == etag.as_bytes()) {
            return StatusCode::NOT_MODIFIED.into_response();
        }
        let (data, encoding) = best(name, file, request);
        let mut response = Response::new(match data {
            Cow::Borrowed(bytes) => Body::from(bytes),
            Cow::Owned(bytes) => Body::from(bytes),
        });
        let headers = response.headers_mut();
        let mime = mime_guess::from_path(name).first_or_octet_stream();
        let mut insert = |header, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(header, value);
            }
        };
        insert(CONTENT_TYPE, mime.as_ref());
        insert(VARY, "accept-encoding");
        insert(ETAG, &etag);
        if let Some(encoding) = encoding {
            insert(CONTENT_ENCODING, encoding);
        }
        if name == "index.html" {
            insert(CACHE_CONTROL, "no-cache");
            insert(CONTENT_SECURITY_POLICY, &POLICY);
        } else {
            // trunk writes the content's hash into every other name.
            insert(CACHE_CONTROL, "public, max-age=31536000, immutable");
        }
        response
    }

    /// The smallest form that was built and that the browser takes.
    fn best(name: &str, file: EmbeddedFile, request: &HeaderMap) -> (Cow<'static, [u8]>, Option<&'static str>) {
        let accepted = request.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let accepts =
            |token: &str| accepted.split(',').any(|part| part.split(';').next().map(str::trim) == Some(token));
        for (token, ending) in [("br", "br"), ("gzip", "gz")] {
            if accepts(token)
                && let Some(compressed) = Dist::get(&format!("{name}.{ending}"))
            {
                return (compressed.data, Some(token));
            }
        }
        (file.data, None)
    }

    fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
        html.split("<script").skip(1).filter_map(|rest| {
            let (attributes, rest) = rest.split_once('>')?;
            let (script, _) = rest.split_once("</script>")?;
            (!attributes.contains("src=") && !script.is_empty()).then_some(script)
        })
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn only_scripts_without_a_source_are_hashed() {
            let html = r#"<script src="a.js"></script><script type="module">go()</script><script>x</script>"#;
            assert_eq!(inline_scripts(html).collect::<Vec<_>>(), ["go()", "x"]);
        }
    }
}

#[cfg(not(feature = "ui"))]
mod absent {
    use axum::http::Uri;
    use axum::response::Response;

    /// There is no page in this binary.
    pub async fn get(uri: Uri) -> Response {
        super::not_found(uri.path() == "/")
    }
}

fn not_found(says_headless: bool) -> axum::response::Response {
    use axum::response::IntoResponse;
    let message = if says_headless {
        "Lode runs without its dashboard; the figures are at /api/dashboard and /metrics."
    } else {
        "There is nothing here."
    };
    super::error::Error::new(axum::http::StatusCode::NOT_FOUND, message).into_response()
}
