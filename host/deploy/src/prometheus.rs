//! Health by a query: Prometheus' HTTP API, `GET /api/v1/query`, an instant query.

use serde_json::Value;

/// A query and the bounds of what is healthy.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Query {
    pub url: String,
    pub query: String,
    pub at_most: Option<f64>,
    pub at_least: Option<f64>,
}

impl Query {
    /// Where it is asked.
    pub fn address(&self) -> String {
        let base = self.url.trim_end_matches('/');
        format!("{base}/api/v1/query?query={}", encoded(&self.query))
    }

    /// What speaks against the answer: every sample must be within the bounds, and one be there.
    pub fn judge(&self, body: &[u8]) -> Result<(), String> {
        let query = &self.query;
        let answer: Value = serde_json::from_slice(body)
            .map_err(|_| format!("{} does not answer as Prometheus does", self.url))?;
        if answer["status"] != "success" {
            let error = answer["error"].as_str().unwrap_or("it does not say why");
            return Err(format!("Prometheus refuses `{query}`: {error}"));
        }
        let data = &answer["data"];
        let samples: Vec<&Value> = match data["resultType"].as_str() {
            Some("scalar") => vec![&data["result"]],
            Some("vector") => {
                let samples = data["result"].as_array().map_or(&[][..], Vec::as_slice);
                samples.iter().map(|sample| &sample["value"]).collect()
            }
            _ => return Err(format!("`{query}` gives no instant values")),
        };
        if samples.is_empty() {
            return Err(format!("`{query}` gives no sample"));
        }
        for sample in samples {
            let value = sample[1].as_str().and_then(|text| text.parse::<f64>().ok());
            let Some(value) = value else {
                return Err(format!("`{query}` gives what is no number"));
            };
            // Not a number is within no bounds.
            let is_low_enough = self.at_most.is_none_or(|most| value <= most);
            let is_high_enough = self.at_least.is_none_or(|least| value >= least);
            if !is_low_enough || !is_high_enough || value.is_nan() {
                return Err(format!("`{query}` gives {value}"));
            }
        }
        Ok(())
    }
}

/// Percent-encoded as RFC 3986 wants a value of a query.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query() -> Query {
        Query {
            url: "http://127.0.0.1:9090/".into(),
            query: r#"rate(errors{host="pi-1"}[1m])"#.into(),
            at_most: Some(0.01),
            at_least: None,
        }
    }

    #[test]
    fn the_address_is_encoded() {
        assert_eq!(
            query().address(),
            "http://127.0.0.1:9090/api/v1/query?query=rate%28errors%7Bhost%3D%22pi-1%22%7D%5B1m%5D%29"
        );
    }

    #[test]
    fn every_sample_must_be_within_the_bounds() {
        let judge = |result: &str| {
            let body = format!(
                r#"{{"status":"success","data":{{"resultType":"vector","result":[{result}]}}}}"#
            );
            query().judge(body.as_bytes())
        };
        let good = r#"{"metric":{},"value":[1,"0.001"]}"#;
        let bad = r#"{"metric":{},"value":[1,"0.5"]}"#;
        assert_eq!(judge(good), Ok(()));
        assert!(
            judge(&format!("{good},{bad}"))
                .unwrap_err()
                .ends_with("gives 0.5")
        );
        assert!(judge("").unwrap_err().ends_with("gives no sample"));
        assert!(judge(r#"{"value":[1,"NaN"]}"#).is_err());
    }

    #[test]
    fn what_is_no_answer_is_told() {
        assert!(
            query()
                .judge(b"<html>")
                .unwrap_err()
                .contains("does not answer")
        );
        let refused = br#"{"status":"error","errorType":"bad_data","error":"parse error"}"#;
        assert!(query().judge(refused).unwrap_err().ends_with("parse error"));
        let matrix = br#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;
        assert!(
            query()
                .judge(matrix)
                .unwrap_err()
                .ends_with("no instant values")
        );
    }
}
