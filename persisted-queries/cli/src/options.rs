//! The commands of `pq` and their options.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use pq_core::DocumentHash;
use pq_core::compile::folder::Form;

use crate::token;

/// Persisted documents: build, check, diff, publish, usage and retire.
#[derive(Debug, Parser)]
#[command(name = "pq", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Compile documents into a manifest; print each document's policy and hash, and for each query
    /// that the edge cannot cache, why.
    Build(BuildOptions),
    /// Check which published documents a new schema breaks, by client; exit with 1 if any.
    Check(CheckOptions),
    /// Show which documents a new manifest adds, removes or gives another policy. Only the clients
    /// that it names are compared.
    Diff(DiffOptions),
    /// Publish a manifest at the origin: adds new documents, and leaves published ones unchanged.
    Publish(PublishOptions),
    /// Print how often clients asked for documents, by document, client and the client's version.
    Usage(UsageOptions),
    /// Remove published documents. The origin refuses those that somebody asked for lately; exit with 1 if
    /// it refused any.
    Retire(RetireOptions),
}

#[derive(Debug, Args)]
pub(crate) struct BuildOptions {
    /// The file with the origin's SDL.
    #[arg(long)]
    pub(crate) schema: PathBuf,
    /// A folder with one sub-folder of .graphql or .gql files per client, or a manifest: ours,
    /// Apollo's, Relay's, or a map from hashes to names and sources. A document may use the
    /// fragments of all files of its client.
    #[arg(long)]
    pub(crate) operations: PathBuf,
    /// The client of all documents; a folder is then this client's own, without sub-folders for
    /// clients.
    #[arg(long, value_name = "NAME")]
    pub(crate) client: Option<String>,
    /// Which text of a document clients send, and hash.
    #[arg(long = "as", value_enum, default_value_t)]
    pub(crate) sent_as: SentAs,
    /// The file to write the manifest to.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Also write <CLIENT>.json for each client into this folder: a map from the names of its
    /// operations to their hashes, for the client to send them.
    #[arg(long, value_name = "DIR")]
    pub(crate) ids: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckOptions {
    /// The file with the new SDL.
    #[arg(long)]
    pub(crate) schema: PathBuf,
    /// The published manifest.
    #[arg(long)]
    pub(crate) manifest: PathBuf,
    /// The origin's base URL: also tells how many requests for broken documents there were lately.
    #[arg(long)]
    pub(crate) url: Option<String>,
    #[command(flatten)]
    pub(crate) token: TokenOptions,
    /// With --url: how many days of requests are added up.
    #[arg(long, default_value_t = 7)]
    pub(crate) days: u32,
}

#[derive(Debug, Args)]
pub(crate) struct DiffOptions {
    /// The published manifest.
    pub(crate) old: PathBuf,
    /// The new manifest.
    pub(crate) new: PathBuf,
    /// Compare only this client; documents of a new manifest that names no client are its.
    #[arg(long, value_name = "NAME")]
    pub(crate) client: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PublishOptions {
    /// The manifest.
    #[arg(long)]
    pub(crate) manifest: PathBuf,
    /// The origin's base URL.
    #[arg(long)]
    pub(crate) url: String,
    #[command(flatten)]
    pub(crate) token: TokenOptions,
    /// Return when every door answers all documents of the manifest; exit with 3 if one does not in
    /// time.
    #[arg(long = "await")]
    pub(crate) wait: bool,
    /// With --await: the base URL of an origin or edge, several times for several. A host's name
    /// with several addresses is one door for each. Default: the origin of --url. The token is sent
    /// to them.
    #[arg(long = "door", value_name = "URL", requires = "wait")]
    pub(crate) doors: Vec<String>,
    /// With --await: for how many seconds to wait.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) timeout_s: u64,
}

#[derive(Debug, Args)]
pub(crate) struct UsageOptions {
    /// The origin's base URL.
    #[arg(long)]
    pub(crate) url: String,
    #[command(flatten)]
    pub(crate) token: TokenOptions,
    /// How many days are added up, today included.
    #[arg(long, default_value_t = 7)]
    pub(crate) days: u32,
    /// Only this document: its name or hash.
    #[arg(long, value_name = "NAME")]
    pub(crate) document: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RetireOptions {
    /// The documents' hashes.
    pub(crate) ids: Vec<DocumentHash>,
    /// Retire all published documents that this manifest does not have.
    #[arg(long, value_name = "MANIFEST")]
    pub(crate) except: Option<PathBuf>,
    /// The origin's base URL.
    #[arg(long)]
    pub(crate) url: String,
    #[command(flatten)]
    pub(crate) token: TokenOptions,
    /// For how many days nobody must have asked for them.
    #[arg(long, default_value_t = 30)]
    pub(crate) unused_days: u32,
    /// Only print what would be retired.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// The token that the origin asks for.
#[derive(Debug, Args)]
pub(crate) struct TokenOptions {
    /// A service token with the scope `documents`, or an administrator's access token.
    #[arg(long, env = "YOUSOON_ADMIN_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// A file that holds the token.
    #[arg(long, value_name = "FILE", env = "YOUSOON_ADMIN_TOKEN_FILE")]
    token_file: Option<PathBuf>,
}

impl TokenOptions {
    pub(crate) fn read(self) -> anyhow::Result<String> {
        token::read(self.token, self.token_file.as_deref())
    }
}

/// What `--as` takes.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum SentAs {
    /// The file's exact text. A document that uses fragments of other files has none, and is written
    /// as with `apollo`.
    #[default]
    File,
    /// The text that Apollo Client sends, as @apollo/generate-persisted-query-manifest writes it: with
    /// the fragments of other files and `__typename`, and printed as graphql-js does.
    Apollo,
}

impl From<SentAs> for Form {
    fn from(sent_as: SentAs) -> Self {
        match sent_as {
            SentAs::File => Self::File,
            SentAs::Apollo => Self::Apollo,
        }
    }
}
