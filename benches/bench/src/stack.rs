//! The real services, running.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::Value;

use crate::http::{Connection, get};
use crate::process::{Process, Variables, wait_for};
use crate::processors::processor_time;

/// Three services, wired to each other.
pub(crate) struct Stack {
    pub(crate) services: Vec<Service>,
}

pub(crate) struct Service {
    pub(crate) name: &'static str,
    process: Process,
    pub(crate) port: u16,
}

// === impl Stack ===

impl Stack {
    /// Starts the three in the order in which they need each other, on data of their own, which they seed themselves.
    pub(crate) fn start(binaries: &Path, data: &Path, variables: &Variables) -> anyhow::Result<Self> {
        fs::create_dir_all(data)?;
        let run = |name, others: &[(&'static str, &Service)]| {
            let mut all = variables.clone();
            all.push(("CRUDDUR_DATA", data.display().to_string()));
            all.extend(
                others.iter().map(|(name, other)| (*name, format!("http://127.0.0.1:{}", other.port))),
            );
            Service::start(name, &binaries.join(name), all)
        };
        let users = run("users", &[])?;
        let notifications = run("notifications", &[("USERS_URL", &users)])?;
        let activities = run("activities", &[("USERS_URL", &users), ("NOTIFICATIONS_URL", &notifications)])?;
        Ok(Self { services: vec![activities, notifications, users] })
    }

    /// The port of the public service.
    pub(crate) fn edge(&self) -> u16 {
        self.services[0].port
    }

    pub(crate) fn processor(&self) -> anyhow::Result<Duration> {
        self.services.iter().map(|service| processor_time(service.process.id())).sum()
    }

    /// The most memory that each service has had, MiB.
    pub(crate) fn peak_mib(&self) -> anyhow::Result<Vec<f64>> {
        self.services
            .iter()
            .map(|service| Ok(f64::from(status(service.process.id(), "VmHWM:")?) / 1024.0))
            .collect()
    }

    /// The threads of each service.
    pub(crate) fn threads(&self) -> anyhow::Result<Vec<f64>> {
        self.services.iter().map(|service| Ok(f64::from(status(service.process.id(), "Threads:")?))).collect()
    }

    pub(crate) fn created(&self) -> anyhow::Result<u64> {
        let accounts = self.services.iter().map(Service::account);
        accounts.map(|account| anyhow::Ok(account?.created)).sum()
    }

    /// Waits until nothing is pending. What became of the spans of each service.
    pub(crate) fn settle(&self) -> anyhow::Result<Vec<Account>> {
        wait_for("last spans", || {
            let accounts = self.services.iter().map(Service::account).collect::<anyhow::Result<Vec<_>>>()?;
            Ok(accounts.iter().all(|account| account.pending == 0).then_some(accounts))
        })
    }

    pub(crate) fn stop(self) -> anyhow::Result<()> {
        self.services.into_iter().try_for_each(|service| service.process.stop())
    }
}

/// A number of `/proc/<id>/status`; memory is in KiB there.
fn status(id: u32, name: &str) -> anyhow::Result<u32> {
    let text = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.with_context(|| format!("/proc/{id}/status tells no {name}"))
}

// === impl Service ===

impl Service {
    /// Its log lines go where they cost least, so that it cannot tell its port: it gets one that was free just now.
    pub(crate) fn start(name: &'static str, binary: &Path, mut variables: Variables) -> anyhow::Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        variables.push(("PORT", port.to_string()));
        let mut process = Process::start(name, &mut Command::new(binary), &variables)?;
        wait_for(&format!("readiness of {name}"), || {
            if let Some(status) = process.ended()? {
                bail!("{name} ended with {status}: {:#?}", process.words());
            }
            let ready =
                Connection::open(port).and_then(|mut connection| connection.send(&get("/health/ready")));
            Ok(ready.is_ok_and(|answer| answer.status == 200).then_some(()))
        })?;
        Ok(Self { name, process, port })
    }

    fn account(&self) -> anyhow::Result<Account> {
        self.account_of("traces")
    }

    fn account_of(&self, signal: &str) -> anyhow::Result<Account> {
        let answer = Connection::open(self.port)?.send(&get("/telemetry"))?;
        Account::of(&serde_json::from_slice(&answer.body)?, signal)
            .with_context(|| format!("GET /telemetry of {} is not understood", self.name))
    }

    /// Waits until nothing of a signal is pending. What became of all.
    pub(crate) fn settled(&self, signal: &str) -> anyhow::Result<Account> {
        wait_for("last of the telemetry", || {
            let account = self.account_of(signal)?;
            Ok((account.pending == 0).then_some(account))
        })
    }

    pub(crate) fn stop(self) -> anyhow::Result<()> {
        self.process.stop()
    }
}

/// What became of the spans, or log records, of a service, at all destinations together.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) created: u64,
    pending: u64,
    /// By reason.
    dropped: BTreeMap<String, u64>,
}

impl Account {
    fn of(told: &Value, signal: &str) -> Option<Self> {
        let mut sum = Self::default();
        for account in told[signal].as_object()?.values() {
            sum.created += account["created"].as_u64()?;
            sum.pending += account["pending"].as_u64()?;
            for (reason, dropped) in account["dropped"].as_object()? {
                *sum.dropped.entry(reason.clone()).or_default() += dropped.as_u64()?;
            }
        }
        Some(sum)
    }

    pub(crate) fn lost(&self) -> u64 {
        self.dropped.values().sum()
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>9} made, {} lost", self.created, self.lost())?;
        for (reason, dropped) in self.dropped.iter().filter(|(_, dropped)| **dropped > 0) {
            write!(f, " ({reason}: {dropped})")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_account_of_a_service_is_the_sum_of_its_destinations() {
        let told = json!({"traces": {
            "otlp": {"created": 5, "delivered": 2, "dropped": {"full": 1, "expired": 1}, "pending": 1},
            "explorer": {"created": 5, "delivered": 5, "dropped": {"full": 0}, "pending": 0},
        }});

        let account = Account::of(&told, "traces").unwrap();
        assert_eq!((account.created, account.pending, account.lost()), (10, 1, 2));
        assert_eq!(account.to_string().trim(), "10 made, 2 lost (expired: 1) (full: 1)");
        assert_eq!(Account::of(&json!({"traces": {}}), "traces"), Some(Account::default()));
        assert_eq!(Account::of(&json!({}), "traces"), None);
    }
}
