package fakeapi

import (
	"encoding/json"
	"net/http"
)

// Fault is a way in which a request fails. Where the message arrives but the client can't know,
// fail calls accept, which puts the message into the chat.
type Fault interface {
	fail(w http.ResponseWriter, r *http.Request, accept func())
}

// Refusal is an answer with ok: false.
type Refusal struct {
	Code        int
	Description string
	RetryAfter  int   // seconds
	MigrateTo   int64 // migrate_to_chat_id
}

func (f Refusal) fail(w http.ResponseWriter, _ *http.Request, _ func()) { answer(w, f) }

// Refusals in Telegram's words.
var (
	Unauthorized   = Refusal{Code: 401, Description: "Unauthorized"}
	Blocked        = Refusal{Code: 403, Description: "Forbidden: bot was blocked by the user"}
	Kicked         = Refusal{Code: 403, Description: "Forbidden: bot was kicked from the supergroup chat"}
	ChatNotFound   = Refusal{Code: 400, Description: "Bad Request: chat not found"}
	CantParse      = Refusal{Code: 400, Description: "Bad Request: can't parse entities: Unsupported start tag \"x\" at byte offset 3"}
	ThreadNotFound = Refusal{Code: 400, Description: "Bad Request: message thread not found"}
	ServerError    = Refusal{Code: 500, Description: "Internal Server Error"}

	Conflict    = Refusal{Code: 409, Description: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"}
	WebhookSet  = Refusal{Code: 409, Description: "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"}
	QueryTooOld = Refusal{Code: 400, Description: "Bad Request: query is too old and response timeout expired or query ID is invalid"}
	NotModified = Refusal{Code: 400, Description: "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message"}
)

// TooMany returns a 429 with retry_after.
func TooMany(seconds int) Refusal {
	return Refusal{Code: 429, Description: "Too Many Requests: retry after " + jsonText(seconds), RetryAfter: seconds}
}

// Migrated returns the refusal for a group that became a supergroup.
func Migrated(to int64) Refusal {
	return Refusal{Code: 400, Description: "Bad Request: group chat was upgraded to a supergroup chat", MigrateTo: to}
}

// Page is an HTML error page, as a proxy sends it.
type Page struct{ Status int }

func (f Page) fail(w http.ResponseWriter, _ *http.Request, _ func()) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(f.Status)
	_, _ = w.Write([]byte("<html><body><h1>Bad Gateway</h1></body></html>"))
}

// Half cuts the answer short. The message arrives.
type Half struct{}

func (Half) fail(w http.ResponseWriter, _ *http.Request, accept func()) {
	accept()
	_, _ = w.Write([]byte(`{"ok":true,"result":{"mess`))
}

// Reset breaks the connection. With Arrived, the message arrives before that.
type Reset struct{ Arrived bool }

func (f Reset) fail(_ http.ResponseWriter, _ *http.Request, accept func()) {
	if f.Arrived {
		accept()
	}
	panic(http.ErrAbortHandler)
}

// Hang does not answer until the client gives up. With Arrived, the message arrives.
type Hang struct{ Arrived bool }

func (f Hang) fail(_ http.ResponseWriter, r *http.Request, accept func()) {
	if f.Arrived {
		accept()
	}
	<-r.Context().Done()
}

func answer(w http.ResponseWriter, f Refusal) {
	body := map[string]any{"ok": false, "error_code": f.Code, "description": f.Description}
	parameters := map[string]any{}
	if f.RetryAfter > 0 {
		parameters["retry_after"] = f.RetryAfter
	}
	if f.MigrateTo != 0 {
		parameters["migrate_to_chat_id"] = f.MigrateTo
	}
	if len(parameters) > 0 {
		body["parameters"] = parameters
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.Code)
	_ = json.NewEncoder(w).Encode(body)
}

func result(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "result": value})
}

func jsonText(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}
