package command

import (
	"context"
	"fmt"
	"os"
	"strings"

	"firstframe/command/terminal"
	"firstframe/fetch"
	"firstframe/render"
)

// showAccounts asks the service for the accounts of the token, and prints their ids and names. Ids
// are private. So it prints them on a terminal only, where just the owner reads them.
func showAccounts(ctx context.Context, o options, ui *terminal.Terminal) error {
	if ci := os.Getenv("CI"); ui.Runner || ci != "" && ci != "false" {
		return usage("run it at a terminal of your own", "--accounts prints private ids, and others may read the log of a CI job")
	}
	if !terminal.Is(ui.Stdout) {
		return usage("run it at a terminal, without a pipe and without >", "--accounts prints private ids, so it prints them on a terminal only")
	}
	api := &fetch.API{Root: o.api, Token: o.token, Timeout: o.timeout, UserAgent: userAgent(), Logf: ui.Detail}
	accounts, err := api.Accounts(ctx)
	if err != nil {
		return err
	}
	if len(accounts) == 0 {
		ui.Info("the token has one account, so --account is not needed")
		return nil
	}
	var lines strings.Builder
	for _, a := range accounts {
		fmt.Fprintln(&lines, strings.TrimSpace(render.OneLine(a.ID)+"  "+render.OneLine(a.Name)))
	}
	if err := ui.Print(lines.String()); err != nil {
		return err
	}
	ui.Info("choose accounts with --account ID, or with --account ID=Label if pages may show the label")
	return nil
}
