package engine

// Hold is the reason for which a run sends nothing more. It decides what a person must
// do. The zero value means that the run is not held.
type Hold string

// The holds.
const (
	HoldBudget      Hold = "budget"      // it has no room for the next row
	HoldCredentials Hold = "credentials" // the service refuses them
	HoldFunds       Hold = "funds"       // the account cannot pay
	HoldOutage      Hold = "outage"      // the service has not answered for too long
	HoldPrices      Hold = "prices"      // charges that no length explains
	HoldStopTime    Hold = "stop time"   // it has come, or comes before the next row's turn
	HoldLimit       Hold = "limit"       // the next row's turn is too far away
	HoldAlike       Hold = "reason"      // rows failed, or were lost, for the same reason, one after another
	HoldSheet       Hold = "sheet"       // it is at a web address, and cannot be fetched
	HoldDriven      Hold = "driven"      // another process drives the ledger now
	HoldDoubt       Hold = "doubt"       // a row or an answer is not as it can be; a person looks
)
