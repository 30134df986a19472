//! Which names stand before secrets.

use std::sync::OnceLock;

/// Names whose values are secrets, in lower case without separators, also as the last words of a longer name:
/// `db_password`, `stripeApiKey`, `http.request.header.authorization`, `user.email`. The union of what Rollbar's and
/// Sentry's clients scrub and of the query parameters that OpenTelemetry redacts, and what else names a credential.
const ENDINGS: &[&str] = &[
    "accesskey",
    "accesstoken",
    "apikey",
    "apitoken",
    "authentication",
    "authorization",
    "authtoken",
    "awsaccesskeyid",
    "bearer",
    "clientsecret",
    "confirmpassword",
    "connectionstring",
    "connectsid",
    "cookie",
    "cookies",
    "credential",
    "credentials",
    "creditcard",
    "csrf",
    "csrfmiddlewaretoken",
    "csrftoken",
    "cvv",
    "email",
    "emailaddress",
    "forwardedfor",
    "hmac",
    "iban",
    "idtoken",
    "jwt",
    "mysqlpwd",
    "otp",
    "passphrase",
    "passwd",
    "password",
    "passwordconfirmation",
    "passwords",
    "phpsessid",
    "privatekey",
    "proxyauthorization",
    "pwd",
    "refreshtoken",
    "secret",
    "secretkey",
    "secrets",
    "sessionid",
    "sessiontoken",
    "setcookie",
    "signature",
    "signingkey",
    "ssn",
    "token",
    "xapikey",
    "xforwardedfor",
    "xrealip",
    "xsrf",
    "xsrftoken",
];

/// An ending of so many letters is known without a separator before it, too: headers come as `stripeapikey`.
const UNMISTAKABLE: usize = 5;

/// Names that are too short or too common to look for in longer ones: `http.response.status_code` ends in `code`.
const WHOLE: &[&str] = &[
    "aiohttpsession",
    "auth",
    "code",
    "ipaddress",
    "key",
    "pin",
    "pw",
    "remoteaddr",
    "session",
    "sid",
    "sig",
    "symfony",
    "usersession",
];

/// Names that the settings add.
static ADDED: OnceLock<Vec<String>> = OnceLock::new();

/// Adds names of `TELEMETRY_REDACT`, which count as endings.
pub(crate) fn add(names: &[String]) {
    // The first choice stands, as there is one `init`.
    let _ = ADDED.set(names.iter().map(|name| words(name).0).collect());
}

/// Whether `name` is one of those that are secrets only when they stand alone.
pub(super) fn is_whole(name: &str) -> bool {
    WHOLE.contains(&words(name).0.as_str())
}

/// Whether no more names can be added.
pub(super) fn are_complete() -> bool {
    ADDED.get().is_some()
}

/// Whether the value that stands behind `name` is a secret, whatever its case and separators.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    let (plain, starts) = words(name);
    let added = ADDED.get().map_or(&[][..], Vec::as_slice);
    let ends_in = |ending: &str| {
        plain.ends_with(ending)
            && (ending.len() >= UNMISTAKABLE || starts.contains(&(plain.len() - ending.len())))
    };
    WHOLE.contains(&plain.as_str())
        || ENDINGS.iter().any(|ending| ends_in(ending))
        || added.iter().any(|ending| ends_in(ending))
}

/// The name in lower case without separators, and where its words begin in that: `userApi_Key` is `userapikey`, 0, 4, 7.
fn words(name: &str) -> (String, Vec<usize>) {
    let (mut plain, mut starts) = (String::with_capacity(name.len()), Vec::new());
    let mut previous = None::<char>;
    for letter in name.chars() {
        if letter.is_ascii_alphanumeric() {
            let begins = previous.is_none_or(|previous| {
                !previous.is_ascii_alphanumeric()
                    || (letter.is_ascii_uppercase() && previous.is_ascii_lowercase())
            });
            if begins {
                starts.push(plain.len());
            }
            plain.push(letter.to_ascii_lowercase());
        }
        previous = Some(letter);
    }
    (plain, starts)
}

#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    ENDINGS.iter().chain(WHOLE).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_in_their_plain_form() {
        assert!(ENDINGS.is_sorted() && WHOLE.is_sorted(), "a person looks for names there");
        assert!(all().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase())));
    }

    #[test]
    fn what_other_clients_scrub_is_known() {
        let rollbar = "pw passwd password secret confirm_password confirmPassword password_confirmation \
                       passwordConfirmation access_token accessToken auth authentication authorization";
        let sentry = "password passwd secret api_key apikey auth credentials mysql_pwd privatekey private_key token \
                      session sessionid csrftoken csrf_token x_csrftoken _csrf _csrf_token csrf cookie set-cookie \
                      aiohttp_session connect.sid PHPSESSID _session symfony user_session _xsrf XSRF-TOKEN \
                      proxy-authorization x_api_key x_forwarded_for x_real_ip ip_address remote_addr";
        let opentelemetry = "AWSAccessKeyId Signature sig X-Goog-Signature X-Amz-Signature X-Amz-Credential \
                             X-Amz-Security-Token";
        for name in [rollbar, sentry, opentelemetry].into_iter().flat_map(str::split_whitespace) {
            assert!(is_secret(name), "{name}");
        }
    }

    #[test]
    fn a_name_is_known_in_any_spelling() {
        for name in [
            "password",
            "Password",
            "access_token",
            "accessToken",
            "ACCESS-TOKEN",
            "X-Amz-Signature",
            "X-Amz-Security-Token",
            "db_password",
            "stripeApiKey",
            "http.request.header.authorization",
            "user.email",
            "connect.sid",
            "Set-Cookie",
            "x-forwarded-for",
            "stripeapikey",
            "sig",
            "key",
        ] {
            assert!(is_secret(name), "{name}");
        }
    }

    #[test]
    fn names_that_only_look_alike_are_not() {
        for name in [
            "handle",
            "term",
            "uuids",
            "passenger",
            "author",
            "monkey",
            "http.response.status_code",
            "error.code",
            "db.query.text",
            "client.address",
            "exception.message",
            "user.handle",
            "idempotency_key",
            "tokens",
            "http.route",
            "session.id.count",
            "",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
